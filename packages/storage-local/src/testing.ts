export { type Crash, type CrashPlan, crashAt, SimulatedCrash, withCrashes } from "./crash.ts";
