import { hostname } from "node:os";

/** Names this process among those of one home: the machine, and the number there. */
const machine = hostname()
  .replaceAll(/[^\w.-]/g, "")
  .slice(0, 24);
const ownName = `${process.pid}.${machine}`;

export const processName: { readonly name: string; isGone(name: string): boolean } = {
  name: ownName,
  isGone(name: string): boolean {
    const [pid = "", ...host] = name.split(".");
    // Of other machines that share the home nothing is known.
    if (!/^\d+$/.test(pid) || host.join(".") !== machine || name === ownName) return false;
    try {
      process.kill(Number(pid), 0);
      return false;
    } catch (error) {
      return error instanceof Error && "code" in error && error.code === "ESRCH";
    }
  },
};
