/** Prints the pairs of files (JSON on stdin) that are not the same program but for comments and blanks. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const ts = createRequire(process.argv[2])("typescript");

/** The tree's nodes in order: what each is and, where it has no parts, what it says. */
function shape(path) {
  const source = ts.createSourceFile("x.js", readFileSync(path, "utf8"), ts.ScriptTarget.ES2022);
  const found = source.parseDiagnostics.map((fault) => `fault ${fault.messageText}`);
  const visit = (node) => {
    const parts = [];
    ts.forEachChild(node, (child) => void parts.push(child));
    found.push(`${node.kind} ${node.flags & ts.NodeFlags.BlockScoped} ${node.operator ?? ""}`);
    if (parts.length === 0) found.push(node.text ?? "");
    parts.forEach(visit);
  };
  visit(source);
  return found;
}

const pairs = JSON.parse(readFileSync(0, "utf8"));
const different = pairs.filter(([before, after]) => {
  const [one, other] = [shape(before), shape(after)];
  return one.length !== other.length || one.some((line, n) => line !== other[n]);
});
console.log(JSON.stringify(different.map(([before]) => before)));
