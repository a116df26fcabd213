import { existsSync, readFileSync } from "node:fs";
import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const isOurs = (path: string) => !/(^|\/)(node_modules|\.git|\.local|dist)(\/|$)/.test(path);
const pages = globSync("**/*.md", { cwd: root, exclude: (path) => !isOurs(path) }).filter(isOurs);

/** The text of a page without its code blocks. */
const proseOf = (path: string) => readFileSync(join(root, path), "utf8").replaceAll(/^```[^]*?^```/gm, "");

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (path: string) =>
  [...proseOf(path).matchAll(/^#+ (?<title>.+)$/gm)].map(({ groups }) =>
    (groups?.["title"] ?? "")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

interface Link {
  readonly page: string;
  readonly target: string;
}

const links: Link[] = pages.flatMap((page) =>
  [...proseOf(page).matchAll(/\]\((?<target>[^)\s]+)\)/g)]
    .map(({ groups }) => ({ page, target: groups?.["target"] ?? "" }))
    .filter(({ target }) => !/^[a-z]+:/.test(target)),
);

describe("the links of all Markdown files", () => {
  test("lead to files that exist", () => {
    const broken = links.filter(({ page, target }) => {
      const [file = ""] = target.split("#");
      return file !== "" && !existsSync(join(root, dirname(page), file));
    });
    expect(broken).toEqual([]);
  });

  test("lead to headings that exist", () => {
    const broken = links.filter(({ page, target }) => {
      const [file = "", anchor] = target.split("#");
      const linked = file === "" ? page : join(dirname(page), file);
      return anchor !== undefined && linked.endsWith(".md") && !anchorsOf(linked).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

test("every file of the project that a document names exists", () => {
  const named = pages
    .filter((page) => page.startsWith("docs/") && !page.startsWith("docs/adr/"))
    .flatMap((page) =>
      [
        ...readFileSync(join(root, page), "utf8").matchAll(
          /`(?<file>(?:src|workers|cli|packages|test|dev|bench)\/[\w./-]+\.\w+)`/g,
        ),
      ].map(({ groups }) => ({ page, file: groups?.["file"] ?? "" })),
    );
  expect(named.filter(({ file }) => !existsSync(join(root, file)))).toEqual([]);
});
