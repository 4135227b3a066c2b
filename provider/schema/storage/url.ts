/** Whether content is fetched; anything else is a file of this machine. */
export function isUrl(source: string): boolean {
  return /^https?:\/\//i.test(source);
}
