import type { Command } from "commander";
import type { Choose } from "./choose.ts";

export function addObjects(program: Command, choose: Choose): void {
  const load = () => import("../commands/object.ts");
  const object = program.command("object").description("one value that changes, for contacts of your choice");
  const valued = { name: "<name>", value: "<value>", about: "the text in quotes, @FILE, or @- for standard input" };
  object
    .command("create")
    .description("make an object; nobody sees it yet")
    .argument(valued.name)
    .argument(valued.value, valued.about)
    .allowUnknownOption()
    .action((name, value) => choose(async (context) => (await load()).create(context, name, value)));
  object
    .command("set")
    .description("give an object another value")
    .argument(valued.name)
    .argument(valued.value, valued.about)
    .allowUnknownOption()
    .action((name, value) => choose(async (context) => (await load()).set(context, name, value)));
  object
    .command("share")
    .description("let contacts see an object")
    .argument(valued.name)
    .argument("<contact...>")
    .action((name, contacts) => choose(async (context) => (await load()).share(context, name, contacts)));
  object
    .command("unshare")
    .description("let contacts see nothing new of an object")
    .argument(valued.name)
    .argument("<contact...>")
    .action((name, contacts) => choose(async (context) => (await load()).unshare(context, name, contacts)));
  object
    .command("delete")
    .description("delete an object, for everybody")
    .argument(valued.name)
    .action((name) => choose(async (context) => (await load()).remove(context, name)));
  object
    .command("get")
    .description("the value of a contact's object, or of your own (me/NAME)")
    .argument("<contact/name>")
    .action((what) => choose(async (context) => (await load()).get(context, what)));
  object
    .command("list")
    .description("your objects, and those that contacts share with you")
    .action(() => choose(async (context) => (await load()).list(context)));
}
