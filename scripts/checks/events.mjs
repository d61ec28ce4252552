// One way to be told of something: an AsyncIterable that the caller pulls, ends and aborts. Emitters lose errors and order.
import ts from "typescript";
import { finding, importsOf, librarySources, walk } from "../syntax.mjs";

export const title = "no event emitters: only AsyncIterable";

/** The server, and one transport, live on node:http, whose streams are emitters. */
const isExempt = (file) => file.path.startsWith("packages/s3-server/") || file.path === "packages/storage-remote/src/platform/node.ts";

function offence(node) {
  if (ts.isIdentifier(node) && /^(EventEmitter|EventTarget|CustomEvent)$/.test(node.text)) return node.text;
  const isCall = ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression);
  return isCall && /^(on|emit|addListener)$/.test(node.expression.name.text) ? `.${node.expression.name.text}()` : undefined;
}

export function findings(workspace) {
  return librarySources(workspace)
    .filter((file) => !isExempt(file))
    .flatMap((file) => {
      const found = importsOf(file)
        .filter(({ specifier }) => /^(node:)?events$/.test(specifier))
        .map(({ node }) => finding(file, node, "node:events"));
      walk(file.ast, (node) => {
        const what = offence(node);
        if (what) found.push(finding(file, node, `${what}: offer an AsyncIterable`));
      });
      return found;
    });
}

export const samples = {
  good: [{ "packages/a/src/x.ts": 'signal.addEventListener("abort", stop, { once: true });' }],
  bad: [
    { "packages/a/src/x.ts": 'import { once } from "node:events";' },
    { "packages/a/src/x.ts": "export class Peer extends EventEmitter {}" },
    { "packages/a/src/x.ts": 'peer.on("message", show);' },
  ],
};
