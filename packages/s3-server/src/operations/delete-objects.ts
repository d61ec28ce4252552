import { Refusal } from "../core/refusal.ts";
import { allows } from "../core/rights.ts";
import { checkKey } from "../core/target.ts";
import { decodeXml, encodeXml, type XmlElement, type XmlValue } from "../core/xml.ts";
import { demand, demandExisting, type Exchange, type Reply, receiveXml, xmlReply } from "../exchange.ts";

const maxKeys = 1000;

/** Succeeds also where nothing is stored. */
export async function deleteObject(exchange: Exchange): Promise<Reply> {
  demand(exchange, "delete");
  await demandExisting(exchange);
  await exchange.services.objects.remove(exchange.target.bucket, exchange.target.key);
  return { status: 204 };
}

/** Up to 1000 names in one request; each is judged by itself. */
export async function deleteObjects(exchange: Exchange): Promise<Reply> {
  if (exchange.identity.accessKeyId === undefined) throw new Refusal("AccessDenied");
  await demandExisting(exchange);
  const document = decodeXml(await receiveXml(exchange), "Delete");
  const keys = document.children("Object").map(keyOf);
  if (keys.length === 0 || keys.length > maxKeys) throw new Refusal("MalformedXML");
  const isQuiet = document.text("Quiet")?.trim() === "true";
  const Deleted: XmlValue[] = [];
  const errors: XmlValue[] = [];
  for (const key of keys) {
    if (allows(exchange.grants, "delete", exchange.target.bucket, key)) {
      await exchange.services.objects.remove(exchange.target.bucket, key);
      if (!isQuiet) Deleted.push({ Key: key });
    } else errors.push({ Key: key, Code: "AccessDenied", Message: "Access Denied" });
  }
  return xmlReply(encodeXml("DeleteResult", { Deleted, Error: errors }));
}

function keyOf(element: XmlElement): string {
  const key = element.text("Key");
  if (key === undefined || key === "") throw new Refusal("MalformedXML");
  checkKey(key);
  return key;
}
