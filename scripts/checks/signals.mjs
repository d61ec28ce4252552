// A promise that cannot be given up is a trap: whatever is exported and answers later takes an AbortSignal, as a parameter or as `signal` in
// its options. Asked of the compiler's checker, so that options may be declared anywhere. `close` and disposal are let through: they end things.
import ts from "typescript";

export const title = "every exported async function takes a signal";

const later = /^(Promise|PromiseLike|AsyncIterable|AsyncIterator|AsyncIterableIterator|AsyncGenerator)$/;
const letThrough = /^(close|__@asyncDispose.*|__@asyncIterator.*)$/;

const options = {
  target: ts.ScriptTarget.ES2023,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  customConditions: ["@cweb/source"],
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  noLib: false,
};

/** Files of libraries, parsed once for all programs. */
const parsed = new Map();

/** A program over texts that need not exist on disk; @cweb packages resolve by their manifests, others by node_modules. */
function programOf(workspace, roots) {
  const root = process.cwd();
  const paths = Object.fromEntries(
    workspace.packages.flatMap((one) => entriesOf(one).map(([name, path]) => [`${one.name}${name.slice(1)}`, [`${root}/${path}`]])),
  );
  const all = { ...options, paths, types: ["node"] };
  const host = ts.createCompilerHost(all);
  const inside = (path) => (path.startsWith(`${root}/`) ? workspace.texts.get(path.slice(root.length + 1)) : undefined);
  const { readFile, fileExists } = host;
  host.readFile = (path) => inside(path) ?? readFile(path);
  host.fileExists = (path) => inside(path) !== undefined || fileExists(path);
  host.getSourceFile = (path, target) => {
    if (parsed.has(path)) return parsed.get(path);
    const text = host.readFile(path);
    const source = text === undefined ? undefined : ts.createSourceFile(path, text, target, true);
    if (inside(path) === undefined) parsed.set(path, source);
    return source;
  };
  const names = roots.map((path) => `${root}/${path}`);
  return ts.createProgram(names, all, host);
}

/** The entries of a package's exports map by name: [".", "packages/a/src/index.ts"]. Doubles and suites for tests are not for applications. */
function entriesOf(one) {
  return Object.entries(one.manifest.exports ?? {})
    .filter(([name, target]) => target["@cweb/source"] && !/^\.\/(testing|conformance)$/.test(name))
    .map(([name, target]) => [name, `${one.folder}/${target["@cweb/source"].slice(2)}`]);
}

function isLater(type) {
  const parts = type.isUnion() ? type.types : [type];
  return parts.some((part) => later.test(part.symbol?.name ?? ""));
}

function takesSignal(checker, signature, node) {
  return signature.getParameters().some((parameter) => {
    const type = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(parameter, node));
    const parts = type.isUnion() ? type.types : [type];
    return parts.some((part) => part.symbol?.name === "AbortSignal" || checker.getPropertyOfType(part, "signal"));
  });
}

function isOurs(declaration) {
  return (
    declaration &&
    /\/packages\/[^/]+\/src\//.test(declaration.getSourceFile().fileName) &&
    !declaration.getSourceFile().fileName.includes("node_modules")
  );
}

function isHidden(declaration) {
  if (declaration.name && ts.isPrivateIdentifier(declaration.name)) return true;
  return Boolean(ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected));
}

/** The callables of an exported symbol: itself, and the members of its type (an interface's, a class's, a class's statics). */
function callablesOf(checker, symbol) {
  const at = symbol.declarations?.[0];
  if (!at) return [];
  const value = checker.getTypeOfSymbolAtLocation(symbol, at);
  const instance = symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias);
  const types = [...(symbol.flags & ts.SymbolFlags.Value ? [value] : []), ...(instance ? [checker.getDeclaredTypeOfSymbol(symbol)] : [])];
  const members = types.flatMap((type) => checker.getPropertiesOfType(type)).filter((one) => isOurs(one.valueDeclaration));
  const visible = members.filter((one) => !isHidden(one.valueDeclaration) && !letThrough.test(one.name));
  return [
    { name: symbol.name, at, type: value },
    ...visible.map((one) => ({
      name: `${symbol.name}.${one.name}`,
      at: one.valueDeclaration,
      type: checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(one, one.valueDeclaration)),
    })),
  ].filter((one) => isOurs(one.at));
}

function inEntry(checker, source) {
  const module = checker.getSymbolAtLocation(source);
  const symbols = module ? checker.getExportsOfModule(module) : [];
  return symbols
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .flatMap((symbol) => callablesOf(checker, symbol))
    .filter(({ name }) => !letThrough.test(name))
    .filter(({ at, type }) => type.getCallSignatures().some((one) => isLater(one.getReturnType()) && !takesSignal(checker, one, at)));
}

export function findings(workspace) {
  const entries = workspace.packages.filter((one) => !one.isApp).flatMap((one) => entriesOf(one).map(([, path]) => path));
  const present = entries.filter((path) => workspace.texts.has(path));
  const program = programOf(workspace, present);
  const checker = program.getTypeChecker();
  const found = new Map();
  for (const path of present) {
    const source = program.getSourceFile(`${process.cwd()}/${path}`);
    for (const { name, at } of source ? inEntry(checker, source) : []) {
      const file = at.getSourceFile();
      const line = file.getLineAndCharacterOfPosition(at.getStart()).line + 1;
      found.set(`${file.fileName}:${line}`, {
        path: file.fileName.slice(process.cwd().length + 1),
        line,
        message: `${name} takes no signal`,
      });
    }
  }
  return [...found.values()];
}

const abortOptions = "export interface Options { readonly signal?: AbortSignal | undefined }\n";
export const samples = {
  good: [
    { "packages/a/src/index.ts": `${abortOptions}export async function f(n: number, options?: Options): Promise<void> {}` },
    { "packages/a/src/index.ts": "export interface Clock { now(): number; sleep(ms: number, signal?: AbortSignal): Promise<void> }" },
    {
      "packages/a/src/index.ts":
        "export class A { async #hidden(): Promise<void> {} private async own(): Promise<void> {} async close(): Promise<void> {} }",
    },
  ],
  bad: [
    { "packages/a/src/index.ts": "export async function f(n: number): Promise<void> {}" },
    { "packages/a/src/index.ts": "export class A { async send(text: string): Promise<void> {} }" },
    { "packages/a/src/index.ts": "export interface A { poll(): AsyncIterable<number> }" },
    { "packages/a/src/index.ts": "export const f = async (): Promise<number> => 1;" },
    { "packages/a/src/index.ts": "export class A { static async open(): Promise<A> { return new A(); } }" },
  ],
};
