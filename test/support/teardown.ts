import { removeHostsOfDeadOrSelf } from "../../scripts/lib/host-files.ts";

/** Jest's globalTeardown: ends the hosts that this run shared between its test files. */
module.exports = removeHostsOfDeadOrSelf;
