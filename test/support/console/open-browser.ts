import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { installUnless } from "../../../dev/stack/install-with-apt.ts";

const executablePath = "/usr/bin/chromium";

export interface Viewer {
  readonly page: Page;
  /** Everything that went wrong in the page: errors of scripts, refused resources, dialogs. */
  readonly troubles: readonly string[];
}

/** Starts Debian's Chromium; ends with the test. Installs it on Debian and Ubuntu as root. */
export async function openBrowser(): Promise<Browser> {
  await installUnless(["chromium", "--version"], ["chromium"]);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  onTestFinished(() => browser.close());
  return browser;
}

/** A page of its own, with the cookies of no other. */
export async function openViewer(
  browser: Browser,
  options: { readonly width?: number; readonly height?: number; readonly dark?: boolean } = {},
): Promise<Viewer> {
  const { width = 1_280, height = 900, dark = false } = options;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
  const troubles: string[] = [];
  page.on("pageerror", (error) => void troubles.push(error.message));
  page.on("console", (message) => void (message.type() === "error" && troubles.push(message.text())));
  page.on("dialog", (dialog) => void (troubles.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
  return { page, troubles };
}

/** Signs in by the form. */
export async function signIn(page: Page, apiUrl: string, token: string): Promise<void> {
  await page.goto(`${apiUrl}/console/sign-in`);
  await page.getByLabel("token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

const violationsSchema = z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) }));

/** What axe-core finds on the page as it is shown now. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  // The policy of the page forbids foreign scripts, but not those that the debugger evaluates.
  await page.evaluate(axe.source);
  const violations: unknown = await page.evaluate(
    "axe.run().then(({ violations }) => JSON.parse(JSON.stringify(violations)))",
  );
  return violationsSchema
    .parse(violations)
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${new URL(page.url()).pathname} ${id}: ${html}`));
}

/** By how many pixels the page is wider than its window. */
export const readOverflow = (page: Page): Promise<unknown> =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
