// A name that says nothing collects everything: no file and no export is a helper, a manager or a util.
import { basename } from "node:path";
import ts from "typescript";
import { finding, isExported } from "../syntax.mjs";

export const title = "no utils, helpers, managers or handlers by name";

const inFileName = /^(utils?|helpers?|commons?|misc)|(^|-)(utils?|helpers?|manager|handler|misc)(\.|-|$)/;
const inExport = /^(utils?|helpers?)|(Utils?|Helpers?|Manager|Handler)([A-Z]|$)/;

function exportedNames(file) {
  return file.ast.statements.filter(isExported).flatMap((statement) => {
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map((one) => one.name);
    return statement.name ? [statement.name] : [];
  });
}

export function findings(workspace) {
  const files = workspace.packages.flatMap((one) => one.sources);
  const byFile = files
    .filter((file) => inFileName.test(basename(file.path)))
    .map((file) => finding(file, undefined, "name the file by what is in it"));
  const byExport = files
    .filter((file) => file.area === "src")
    .flatMap((file) => exportedNames(file).map((name) => [file, name]))
    .filter(([, name]) => inExport.test(name.getText()))
    .map(([file, name]) => finding(file, name, `${name.getText()}: name it by what it does`));
  return [...byFile, ...byExport];
}

export const samples = {
  good: [{ "packages/a/src/commit.ts": "export const commit = 1;" }],
  bad: [
    { "packages/a/src/utils.ts": "" },
    { "packages/a/test/helpers.ts": "" },
    { "packages/a/src/session-manager.ts": "" },
    { "packages/a/src/session.ts": "export class SessionManager {}" },
  ],
};
