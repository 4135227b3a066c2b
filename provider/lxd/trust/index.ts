import type { HostConnection } from "../../schema/address/connection";
import type { TrustDriver, TrustOffer } from "../../driver/contract";
import { DriverError, hasCode } from "../../driver/errors";
import { at, type LxdClient } from "../api/client";
import type { Server } from "../objects";
import { newPair } from "./certificate";

/** How a server comes to trust us: it does already, or we have a token or a password that buys it, once. */
export function createTrustDriver(client: LxdClient, connection: HostConnection): TrustDriver {
  const trusted = async (): Promise<boolean> => (await client.get<Server>(at())).auth === "trusted";

  return {
    newPair,
    async establish(offer) {
      // A project that does not exist must not get in the way of the first question.
      if (await trusted()) return { trusted: true, fingerprint: await client.serverFingerprint() };
      const secret = offer.token ?? offer.password;
      if (secret !== undefined && connection.certificate !== undefined) await buy(client, secret, offer);
      return {
        trusted: secret !== undefined && (await trusted()),
        fingerprint: await client.serverFingerprint(),
      };
    },
    async ensureProject(make) {
      const { project } = client;
      if ((await client.find(at("projects", project))) !== undefined) return;
      if (!make)
        throw new DriverError("it does not exist on the server", {
          code: "not-found",
          operation: "use",
          target: `project "${project}"`,
          remedy: `Set \`createProject: true\`, or make it on the server with \`lxc project create ${project}\`.`,
        });
      try {
        await client.change("POST", at("projects"), {
          body: { name: project, config: {}, description: "" },
          what: { operation: "create", target: `project "${project}"` },
        });
      } catch (error) {
        if (!hasCode(error, "already-exists")) throw error;
      }
    },
  };
}

async function buy(client: LxdClient, secret: string, { token, name }: TrustOffer): Promise<void> {
  // Older servers take the token where they take the password.
  const field =
    token !== undefined && (await client.has("explicit_trust_token")) ? "trust_token" : "password";
  try {
    await client.change("POST", at("certificates"), { body: { type: "client", name, [field]: secret } });
  } catch (error) {
    if (hasCode(error, "already-exists")) return;
    throw refusal(error, token === undefined);
  }
}

/** The server's own words, without the secret, and what to do instead. */
function refusal(error: unknown, password: boolean): unknown {
  if (
    !hasCode(
      error,
      "permission-denied",
      "unsupported",
      "invalid-argument",
      "authentication-failed",
      "not-found",
    )
  )
    return error;
  const { message, hostCode } = error as DriverError;
  const gone = hasCode(error, "unsupported");
  return new DriverError(
    password && gone
      ? "trust passwords are no longer supported by this server"
      : `the server does not accept the trust ${password ? "password" : "token"}: ${message}`,
    {
      code: "authentication-failed",
      operation: "be trusted",
      hostCode,
      remedy: password
        ? "Use a token instead: `lxc config trust add --name pulumi` on the server prints one for `trustToken`."
        : "A token is good once, and for a limited time: `lxc config trust add --name pulumi` on the server prints a new one.",
    },
  );
}
