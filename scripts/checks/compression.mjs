// M15: no compression before encryption, since a ciphertext's length would tell of its content.
import ts from "typescript";
import { finding, importsOf, librarySources, walk } from "../syntax.mjs";

export const title = "M15: nothing is compressed before it is encrypted";

const modules = /^(node:)?zlib$|^(pako|fflate|lz4|lz-string|snappy|brotli|zstd|@mongodb-js\/zstd|lzma)/;

/** node:zlib also holds a checksum, which compresses nothing. */
function isOnlyChecksum({ specifier, node }) {
  const names = node.importClause?.namedBindings?.elements?.map((one) => (one.propertyName ?? one.name).text) ?? [];
  return specifier === "node:zlib" && names.length > 0 && names.every((name) => name === "crc32");
}

export function findings(workspace) {
  return librarySources(workspace).flatMap((file) => {
    const found = importsOf(file)
      .filter(({ specifier }) => modules.test(specifier))
      .filter((one) => !isOnlyChecksum(one))
      .map(({ node, specifier }) => finding(file, node, specifier));
    walk(file.ast, (node) => {
      if (ts.isIdentifier(node) && /^(De)?CompressionStream$/.test(node.text)) found.push(finding(file, node, node.text));
    });
    return found;
  });
}

export const samples = {
  good: [{ "packages/a/src/x.ts": 'import { pad } from "@cweb/crypto"; import { crc32 } from "node:zlib";' }],
  bad: [{ "packages/a/src/x.ts": 'import { gzipSync } from "node:zlib";' }, { "packages/a/src/x.ts": 'new CompressionStream("gzip");' }],
};
