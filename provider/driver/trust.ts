/** PEM texts. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What buys the host's trust, once; neither is ever kept. */
export interface TrustOffer {
  readonly token?: string;
  readonly password?: string;
  /** The name under which the host lists us. */
  readonly name: string;
}

export interface TrustDriver {
  newPair(name: string): Promise<KeyPair>;
  /** Whether the host trusts us now; the offer is made where it did not before. Throws where it is refused. */
  establish(offer: TrustOffer): Promise<{ readonly trusted: boolean; readonly fingerprint: string }>;
  /** Throws `not-found` where the project of the connection is missing and not to be made. */
  ensureProject(make: boolean): Promise<void>;
}
