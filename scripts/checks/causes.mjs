// An error that replaces another keeps it: a catch that throws anew passes what it caught on (as `cause`, or to the function that builds the error).
import ts from "typescript";
import { finding, librarySources, walk } from "../syntax.mjs";

export const title = "a catch that throws keeps the cause";

function throwsIn(block) {
  const found = [];
  const visit = (node) => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isThrowStatement(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(block);
  return found;
}

function mentions(node, names) {
  let isThere = false;
  walk(node, (one) => {
    isThere ||= ts.isIdentifier(one) && names.has(one.text);
  });
  return isThere;
}

/** What was caught, and whatever the block made from it. */
function namesOfCaught(clause) {
  const names = new Set();
  const caught = clause.variableDeclaration?.name;
  if (caught && ts.isIdentifier(caught)) names.add(caught.text);
  walk(clause.block, (node) => {
    const isMade = ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer;
    if (isMade && mentions(node.initializer, names)) names.add(node.name.text);
  });
  return names;
}

export function findings(workspace) {
  return librarySources(workspace).flatMap((file) => {
    const found = [];
    walk(file.ast, (node) => {
      if (!ts.isCatchClause(node)) return;
      const names = namesOfCaught(node);
      for (const one of throwsIn(node.block))
        if (!mentions(one.expression, names)) found.push(finding(file, one, "pass what was caught as { cause }"));
    });
    return found;
  });
}

export const samples = {
  good: [
    { "packages/a/src/x.ts": 'try { f(); } catch (error) { throw new AError("bad", { cause: error }); }' },
    { "packages/a/src/x.ts": "try { f(); } catch (error) { throw asAError(error); }" },
    { "packages/a/src/x.ts": "try { f(); } catch (error) { const failure = read(error); throw toError(failure); }" },
    { "packages/a/src/x.ts": "try { f(); } catch { return undefined; }" },
  ],
  bad: [
    { "packages/a/src/x.ts": 'try { f(); } catch { throw new AError("bad"); }' },
    { "packages/a/src/x.ts": 'try { f(); } catch (error) { throw new AError("bad"); }' },
  ],
};
