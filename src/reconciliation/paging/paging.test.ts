import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import type { ListedUser, UserPageReader, UserPageRequest } from "./user-page-reader.ts";
import { iterateAllUsers, iterateRecentUsers } from "./iterate-users.ts";

/** A list of users that are changed and deleted between two pages. Newer users have greater numbers, and ids tell the order of creation. */
class MovingList {
  users: ListedUser[];
  readonly requests: UserPageRequest[] = [];
  readonly untouched: Set<string>;
  #clock: number;

  constructor(count: number) {
    this.users = Array.from({ length: count }, (_, at) => ({ id: `user_${at}`, updatedAt: at, data: {} }));
    this.untouched = new Set(this.users.map(({ id }) => id));
    this.#clock = count;
  }

  deleteNewest(ranks: readonly number[]): void {
    const newestFirst = this.users.toSorted((a, b) => b.updatedAt - a.updatedAt);
    this.delete(ranks.flatMap((rank) => newestFirst[rank]?.id ?? []));
  }

  delete(ids: readonly string[]): void {
    const gone = new Set(ids);
    this.users = this.users.filter(({ id }) => !gone.has(id));
    for (const id of gone) this.untouched.delete(id);
  }

  touch(indexes: readonly number[]): void {
    for (const index of indexes) {
      const user = this.users[index % this.users.length];
      if (user === undefined) continue;
      this.untouched.delete(user.id);
      this.users = this.users.map((each) => (each === user ? { ...user, updatedAt: (this.#clock += 1) } : each));
    }
  }

  /** Clerk's list, which moves by `move` after each page. */
  reader(move: (page: number) => void): UserPageReader {
    return async (request) => {
      const page = this.#page(request);
      this.requests.push(request);
      move(this.requests.length);
      return { users: page, readAt: 0 };
    };
  }

  #page(request: UserPageRequest): ListedUser[] {
    if (request.order === "updated") {
      const newestFirst = this.users.toSorted((a, b) => b.updatedAt - a.updatedAt);
      return newestFirst.slice(request.offset, request.offset + 500);
    }
    if (request.order !== "created" || request.after === undefined) return this.users.slice(0, 500);
    const at = this.users.findIndex(({ id }) => id === request.after);
    if (at === -1) throw new ClerkRequestError("users.list_all", 422, []);
    return this.users.slice(at + 1, at + 501);
  }
}

async function walk(pages: AsyncGenerator<{ users: readonly ListedUser[] }, unknown>) {
  const seen = new Map<string, ListedUser>();
  for (;;) {
    const { value, done } = await pages.next();
    if (done === true) return { seen, end: value };
    if (typeof value === "object" && value !== null && "users" in value) {
      for (const user of value.users) seen.set(user.id, user);
    }
  }
}

const moves = fc.array(
  fc.record({
    // Counted from the newest. Deletions ahead of the next page pull it forward.
    deleted: fc.uniqueArray(fc.nat(900), { maxLength: 150, size: "max" }),
    touched: fc.array(fc.nat(2_500), { maxLength: 40, size: "max" }),
  }),
  { minLength: 1, maxLength: 8 },
);

describe("the recent users", () => {
  test("are all seen when others are changed or deleted between the pages, or the iteration reports that it cannot tell", async () => {
    await fc.assert(
      fc.asyncProperty(moves, fc.nat(2_400), async (plan, since) => {
        const list = new MovingList(2_500);
        const read = list.reader((page) => {
          list.deleteNewest(plan[page]?.deleted ?? []);
          list.touch(plan[page]?.touched ?? []);
        });
        const { seen, end } = await walk(iterateRecentUsers(read, since));
        if (end === "page_limit") return;
        const missed = list.users.filter(
          ({ id, updatedAt }) => list.untouched.has(id) && updatedAt >= since && !seen.has(id),
        );
        expect(missed).toEqual([]);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  test("are read no further than requested", async () => {
    const list = new MovingList(3_000);
    const { seen, end } = await walk(
      iterateRecentUsers(
        list.reader(() => {}),
        2_900,
      ),
    );
    expect([end, seen.size, list.requests.length]).toEqual(["reached", 500, 1]);
  });

  test("with the same time on more than a page end the iteration soon with `page_limit`", async () => {
    const list = new MovingList(1_500);
    list.users = list.users.map((user) => ({ ...user, updatedAt: 7 }));
    expect(
      (
        await walk(
          iterateRecentUsers(
            list.reader(() => {}),
            0,
          ),
        )
      ).end,
    ).toBe("page_limit");
    expect(list.requests.length).toBeLessThan(30);
  });
});

describe("all users", () => {
  test("are all seen although users at the ends of pages are deleted during the iteration", async () => {
    const list = new MovingList(2_600);
    const read = list.reader((page) => list.delete([499, 498, 500, 999, 998, 997].map((at) => `user_${at * page}`)));
    const { seen } = await walk(iterateAllUsers(read));
    expect(list.users.filter(({ id }) => !seen.has(id))).toEqual([]);
  });

  test("are iterated from a cursor on, or from the first page when all users of the cursor are deleted", async () => {
    const list = new MovingList(1_200);
    const pages = iterateAllUsers(list.reader(() => {}));
    const first = await pages.next();
    const cursor = first.done === true ? [] : first.value.cursor;
    expect(cursor.slice(0, 4)).toEqual(["user_499", "user_498", "user_496", "user_492"]);
    list.delete(["user_499", "user_498"]);
    const rest = await walk(
      iterateAllUsers(
        list.reader(() => {}),
        cursor,
      ),
    );
    expect([...rest.seen.keys()].slice(0, 4)).toEqual(["user_497", "user_500", "user_501", "user_502"]);
    const restarted = await walk(
      iterateAllUsers(
        list.reader(() => {}),
        ["user_gone", "user_gone_too"],
      ),
    );
    expect(restarted.seen.size).toBe(1_198);
  });

  test("are not iterated when Clerk rejects the key", async () => {
    const refuse: UserPageReader = async () => {
      throw new ClerkRequestError("users.list_all", 401, []);
    };
    await expect(walk(iterateAllUsers(refuse, ["user_1"]))).rejects.toThrow("401");
  });
});
