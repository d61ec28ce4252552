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

function mentions(node, name) {
  let isThere = false;
  walk(node, (one) => {
    isThere ||= ts.isIdentifier(one) && one.text === name;
  });
  return isThere;
}

export function findings(workspace) {
  return librarySources(workspace).flatMap((file) => {
    const found = [];
    walk(file.ast, (node) => {
      if (!ts.isCatchClause(node)) return;
      const caught = node.variableDeclaration?.name;
      for (const one of throwsIn(node.block)) {
        const isKept = caught && ts.isIdentifier(caught) && mentions(one.expression, caught.text);
        // `throw failure` of a name that was made from the caught error above is kept as well, where the block passed it on.
        const isMadeAbove = caught && ts.isIdentifier(one.expression) && mentions(node.block, caught.text);
        if (!isKept && !isMadeAbove) found.push(finding(file, one, "pass what was caught as { cause }"));
      }
    });
    return found;
  });
}

export const samples = {
  good: [
    { "packages/a/src/x.ts": 'try { f(); } catch (error) { throw new AError("bad", { cause: error }); }' },
    { "packages/a/src/x.ts": "try { f(); } catch (error) { throw asAError(error); }" },
    { "packages/a/src/x.ts": "try { f(); } catch { return undefined; }" },
  ],
  bad: [
    { "packages/a/src/x.ts": 'try { f(); } catch { throw new AError("bad"); }' },
    { "packages/a/src/x.ts": 'try { f(); } catch (error) { throw new AError("bad"); }' },
  ],
};
