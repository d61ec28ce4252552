import { XMLBuilder, XMLParser } from "fast-xml-parser";
import { Refusal } from "./refusal.ts";

/**
 * `htmlEntities` is what makes the parser read `&#10;`, as which the AWS SDK writes a line feed in a name. Without document types entities only
 * ever shrink, so the parser's own limits against their growth, which 1000 odd names can reach, are off.
 */
const parserOptions = {
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  removeNSPrefix: true,
  htmlEntities: true,
  processEntities: { enabled: true, maxTotalExpansions: Infinity, maxExpandedLength: Infinity },
  isArray: () => true,
};

/** Bodies in XML are never longer (a multi-delete of 1000 names of 1024 bytes fits). */
export const maxXmlBytes: number = 2 * 1024 * 1024;

export type XmlValue = string | number | boolean | readonly XmlValue[] | { readonly [name: string]: XmlValue | undefined };

/** Writes a document with one root element. Repeated elements are arrays, attributes begin with `@`. */
export function encodeXml(root: string, content: { readonly [name: string]: XmlValue | undefined }): string {
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@", suppressEmptyNode: true });
  const named = root === "Error" ? content : { "@xmlns": "http://s3.amazonaws.com/doc/2006-03-01/", ...content };
  const text: string = builder.build({ [root]: clean(named) });
  // A bare carriage return would be read back as a line feed.
  return `<?xml version="1.0" encoding="UTF-8"?>\n${text.replaceAll("\r", "&#13;")}`;
}

/**
 * Reads a client's document: all values are texts, and every element is a list.
 * @throws Refusal `MalformedXML` for anything that is not well formed, has a document type, or has another root.
 */
export function decodeXml(bytes: Uint8Array, root: string): XmlElement {
  const text = decodeUtf8(bytes);
  // A document type is where XML's entity attacks live; S3's documents never have one.
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new Refusal("MalformedXML");
  const parser = new XMLParser(parserOptions);
  let document: unknown;
  try {
    document = parser.parse(text, true);
  } catch (cause) {
    throw new Refusal("MalformedXML", undefined, {}, cause);
  }
  const element = new XmlElement(document).children(root);
  if (element.length !== 1 || element[0] === undefined) throw new Refusal("MalformedXML");
  return element[0];
}

/** A read-only view of a parsed element. */
export class XmlElement {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  children(name: string): readonly XmlElement[] {
    const value = this.#value;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return [];
    const list = (value as Record<string, unknown>)[name];
    return (Array.isArray(list) ? list : [list]).map((item) => new XmlElement(item));
  }

  /** The text of the first element of that name; undefined where there is none or it has elements inside. */
  text(name: string): string | undefined {
    const [first] = this.children(name);
    return first?.ownText();
  }

  ownText(): string | undefined {
    return typeof this.#value === "string" ? this.#value : undefined;
  }
}

/** XML 1.0 has no way to write most control characters; a name with one is spelt with U+FFFD. `encoding-type=url` avoids it. */
function clean(value: XmlValue | undefined): unknown {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (typeof value === "string") return value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([k, v]) => (v === undefined ? [] : [[k, clean(v as XmlValue)]])));
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Refusal("MalformedXML", undefined, {}, cause);
  }
}
