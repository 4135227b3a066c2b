import { jest } from "@jest/globals";

/** Real engines and real hosts take their time; a test that hangs still ends. */
jest.setTimeout(300_000);
