// Stores with all that S3 promises: conditional writes and refused lists.
import { tellEverywhere } from "../src/each-place.ts";
import { memoryPlace } from "../src/memory-place.ts";
import { inMannerOf } from "../src/server-place.ts";

tellEverywhere([{ name: "memory", open: async () => memoryPlace() }, inMannerOf("AWS"), inMannerOf("Ceph"), inMannerOf("R2")]);
