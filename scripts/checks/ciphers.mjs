// protocol.md 0: SEAL and HPKE are the only places that encrypt. Others get ciphertexts from them, never a cipher.
import ts from "typescript";
import { finding, importsOf, librarySources, walk } from "../syntax.mjs";

export const title = "only SEAL and HPKE touch a cipher";

const allowed = /^packages\/crypto\/src\/(provider(\/[^/]+)?|seal|bulk-cipher|hpke)\.ts$/;
const names =
  /^(createCipheriv|createDecipheriv|chacha20[pP]oly1305|aes256Gcm|xchacha20poly1305|gcm|crypto_aead_\w+|crypto_secretbox_\w+)$/;

function offence(node) {
  if (ts.isIdentifier(node) && names.test(node.text)) return node.text;
  const isSubtle = ts.isPropertyAccessExpression(node) && /\bsubtle\.(encrypt|decrypt|wrapKey|unwrapKey)$/.test(node.getText());
  return isSubtle ? node.getText() : undefined;
}

export function findings(workspace) {
  return librarySources(workspace)
    .filter((file) => !allowed.test(file.path))
    .flatMap((file) => {
      const found = importsOf(file)
        .filter(({ specifier }) => specifier.startsWith("@noble/ciphers"))
        .map(({ node, specifier }) => finding(file, node, specifier));
      walk(file.ast, (node) => {
        const what = offence(node);
        if (what) found.push(finding(file, node, `${what}: use seal() or HPKE`));
      });
      return found;
    });
}

export const samples = {
  good: [{ "packages/crypto/src/provider/noble.ts": 'import { chacha20poly1305 } from "@noble/ciphers/chacha.js";' }],
  bad: [
    { "packages/session/src/x.ts": 'import { gcm } from "@noble/ciphers/aes.js";' },
    { "packages/session/src/x.ts": "createCipheriv(a, b, c);" },
    { "packages/crypto/src/pqxdh.ts": "provider.aes256Gcm.seal(a, b, c, d);" },
    { "packages/session/src/x.ts": "crypto.subtle.encrypt(a, b, c);" },
  ],
};
