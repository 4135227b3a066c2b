/**
 * Keys of a raw configuration of LXD whose values are secrets, such as `bgp.peers.one.password`, `pure.api.token`,
 * `cloud-init.vendor-data` or `environment.DB_PASSWORD`. All of them have a dot in them, which no field of a table has.
 */
export function isSecretKey(key: string): boolean {
  return /\.(.*[._-])?(password|passphrase|passwd|secret|token|(user|vendor)-data)$|^environment\..*key$/i.test(
    key,
  );
}
