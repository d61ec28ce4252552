import { cipherSuite } from "@cweb/crypto";
import { testHistories } from "../support/histories.ts";

testHistories("random histories with real cryptography end well", { count: 30, size: 5, from: 5001, crypto: () => cipherSuite });
