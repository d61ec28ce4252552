import type { Context } from "../context.ts";
import { withPeer } from "../home.ts";
import { exitCodes } from "../problem.ts";

export function card({ output, ...context }: Context, flags: { readonly qr?: true }): Promise<number> {
  return withPeer({ output, ...context }, async (peer) => {
    const text = await peer.card();
    const { renderUnicodeCompact } = flags.qr ? await import("uqr") : { renderUnicodeCompact: undefined };
    await output.line({ type: "card", card: text, ...(renderUnicodeCompact ? { qr: renderUnicodeCompact(text) } : {}) });
    return exitCodes.done;
  });
}
