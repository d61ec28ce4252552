import type { Context } from "../context.ts";
import { withPeer } from "../home.ts";
import { exitCodes } from "../problem.ts";

export function status(context: Context): Promise<number> {
  return withPeer(context, async (peer) => {
    await context.output.line({ type: "status", ...(await peer.status()) });
    return exitCodes.done;
  });
}
