import { z } from "zod";

// What values of variables look like; every part of the configuration reads them the same way.

/** Comma-separated. */
export const list = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== ""),
);
export const port = z.coerce.number().int().min(0).max(65_535);
export const positive = z.coerce.number().int().positive();
export const flag = z.stringbool();

/** The environment cannot be used; the message has a line for each variable and never a value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
