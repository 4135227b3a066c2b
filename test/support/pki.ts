import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A folder of certificates and keys, made with the openssl program and named as libvirt's `pkipath` wants them. */
export interface Pki {
  readonly dir: string;
  /** `<name>cert.pem` and `<name>key.pem`: an authority, or what `signer` has signed, for the alternative name `san`. */
  certificate(name: string, signer?: string, san?: string): void;
  /** The text of `<name>.pem`. */
  pem(name: string): string;
}

export function pkiIn(dir: string): Pki {
  const file = (name: string): string => join(dir, name);
  return {
    dir,
    certificate(name, signer, san) {
      const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
      const files = ["-keyout", file(`${name}key.pem`), "-out", file(`${name}cert.pem`)];
      const by =
        signer === undefined ? [] : ["-CA", file(`${signer}cert.pem`), "-CAkey", file(`${signer}key.pem`)];
      // libvirtd takes no authority's certificate for a server's or a client's.
      const extensions = [
        ...(signer === undefined ? [] : ["basicConstraints=critical,CA:FALSE"]),
        ...(san === undefined ? [] : [`subjectAltName=${san}`]),
      ].flatMap((text) => ["-addext", text]);
      const args = ["-x509", "-days", "2", ...curve, "-subj", `/CN=${name}`, ...files, ...extensions, ...by];
      execFileSync("openssl", ["req", ...args], { stdio: "pipe" });
    },
    pem: (name) => readFileSync(file(`${name}.pem`), "utf8"),
  };
}
