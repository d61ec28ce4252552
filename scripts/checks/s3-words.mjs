// The ports know paths and versions. Buckets, ETags and S3 live in the back-ends, in the profile that names them, and in the server.
import ts from "typescript";
import { finding, isEdge, librarySources, walk } from "../syntax.mjs";

export const title = "S3's own words stay in the S3 back-ends";

const words = /(?<![a-z])etags?(?![a-z])|ETag|(?<![a-z])aws(?![a-z])|Aws|AWS|(?<![a-zA-Z])s3(?![a-z])|S3/;

/** In storage-remote, back-ends and profile stand beside the port and its wrappers: these must not know the back-ends' words. */
const portAndWrappers = /^packages\/storage-remote\/src\/(port|path|memory|folder|retry|meter|faults|limit|timeout|prove[^/]*)\.ts$/;

function isBackend(file) {
  if (file.path.startsWith("packages/s3-server/") || isEdge(file)) return true;
  return file.path.startsWith("packages/storage-remote/") && !portAndWrappers.test(file.path);
}

export function findings(workspace) {
  return librarySources(workspace)
    .filter((file) => !isBackend(file))
    .flatMap((file) => {
      const found = [];
      walk(file.ast, (node) => {
        const isWord = ts.isIdentifier(node) || ts.isStringLiteralLike(node);
        if (isWord && words.test(node.text)) found.push(finding(file, node, `"${node.text}": say path, version or store`));
      });
      return found;
    });
}

export const samples = {
  good: [
    { "packages/session/src/x.ts": "export const version = 1; // an ETag on S3" },
    { "packages/storage-remote/src/s3/reader.ts": "export const etag = 1;" },
  ],
  bad: [
    { "packages/session/src/x.ts": "export const etag = 1;" },
    { "packages/session/src/x.ts": 'import { s3Reader } from "@cweb/storage-remote/s3";' },
    { "packages/session/src/x.ts": "export function fromAwsError() {}" },
    { "packages/storage-remote/src/meter.ts": "export const etag = 1;" },
  ],
};
