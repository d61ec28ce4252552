// What the checks ask of a TypeScript file, on the compiler's syntax tree.
import { posix } from "node:path";
import ts from "typescript";

/** Calls visit(node) for every node below and including `node`. */
export function walk(node, visit) {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

export function lineOf(file, node) {
  return file.ast.getLineAndCharacterOfPosition(node.getStart(file.ast)).line + 1;
}

export function finding(file, node, message) {
  return { path: file.path, line: node === undefined ? 1 : lineOf(file, node), message };
}

/** Every module that a file names: { specifier, node, isType, isExport }. */
export function importsOf(file) {
  const found = [];
  walk(file.ast, (node) => {
    const isExport = ts.isExportDeclaration(node);
    if ((ts.isImportDeclaration(node) || isExport) && node.moduleSpecifier)
      found.push({
        specifier: node.moduleSpecifier.text,
        node,
        isType: Boolean(node.isTypeOnly || node.importClause?.isTypeOnly),
        isExport,
      });
    const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
    if (isDynamic && ts.isStringLiteral(node.arguments[0]))
      found.push({ specifier: node.arguments[0].text, node, isType: false, isExport: false });
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal))
      found.push({ specifier: node.argument.literal.text, node, isType: true, isExport: false });
  });
  return found;
}

/** "@noble/curves/ed25519.js" → "@noble/curves"; relative, node: and #internal specifiers → undefined. */
export function packageOf(specifier) {
  if (/^(\.|#|node:|\/)/.test(specifier)) return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The repository path that a relative specifier names. */
export function resolveRelative(file, specifier) {
  return posix.join(posix.dirname(file.path), specifier);
}

export function isExported(node) {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((one) => one.kind === ts.SyntaxKind.ExportKeyword);
}

/** Files of libraries only: sources of packages (not apps), in src/. */
export function librarySources(workspace) {
  return workspace.packages.filter((one) => !one.isApp).flatMap((one) => one.sources.filter((file) => file.area === "src"));
}

/** The places that may touch the outside world: system-*.ts, and a command's own main files. */
export function isEdge(file) {
  return /(^|\/)system-[^/]*\.ts$/.test(file.inside) || /^src\/(main|cli)(\/|[^/]*\.ts$)/.test(file.inside);
}
