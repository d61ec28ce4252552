// Stores without conditional writes, and one whose requests fail every now and then.
import { tellEverywhere } from "../src/each-place.ts";
import { inMannerOf } from "../src/server-place.ts";

tellEverywhere([inMannerOf("B2"), inMannerOf("Garage"), inMannerOf("a bad day")]);
