/** Stands in the place of a VM's host until one of its `hosts` is chosen. */
export const AMONG_HOSTS = "one of hosts";
