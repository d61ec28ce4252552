// The parts of a README that are programs.

/** The fenced blocks of one language: their texts in order. */
export function blocks(markdown, language) {
  return [...markdown.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```/gm)].filter((match) => match[1] === language).map((match) => match[2]);
}

/** The one ```ts block that starts with `// example`; undefined where there is none or more than one. */
export function exampleOf(markdown) {
  const found = blocks(markdown, "ts").filter((text) => text.startsWith("// example"));
  return found.length === 1 ? found[0] : undefined;
}

/** The one ```sh block that starts with `# example`. */
export function shellExampleOf(markdown) {
  return blocks(markdown, "sh").find((text) => text.startsWith("# example"));
}
