import type { Dashboard, Random } from "clerk-emulator";

/** The life of many users in Clerk, drawn by chance: the same seed makes the same changes in the same order. */
export interface History {
  /** Makes one change of one user. */
  change(): void;
  readonly changes: number;
  /** Ids of all users that were ever made, the deleted ones too. */
  readonly users: ReadonlySet<string>;
}

interface UserChange {
  /** How often it comes, compared to the others. */
  readonly weight: number;
  readonly make: (userId: string) => void;
}

/** Few, so that a user can have the content of an earlier version again, which is also a change. */
const names = ["Ada", "Grace", "Alan", "Edsger", null];
const roles = ["user", "editor", "admin", null];

/** One change in four makes a new user. */
const newUserProbability = 0.25;

/**
 * At any time only the newest `busyUsers` users change, the newest of them most often, several times within milliseconds.
 * The other users do not change again. So a loss at any time is soon the last change of some user, and the final check
 * finds it.
 */
export function writeHistory(clerk: Dashboard, random: Random, busyUsers: number): History {
  const alive: string[] = [];
  const users = new Set<string>();
  let changes = 0;
  let drawn = 0;
  const oneOf = <T>(items: readonly T[]): T | undefined => items[random.below(items.length)];
  const newAddress = () => `user-${(drawn += 1)}@example.com`;
  const newUsername = () => (random.chance(0.2) ? null : `user_${(drawn += 1)}`);

  function create(): void {
    const { id } = clerk.createUser({
      email_address: Array.from({ length: 1 + random.below(3) }, newAddress),
      first_name: oneOf(names) ?? null,
      last_name: oneOf(names) ?? null,
      username: newUsername(),
      public_metadata: random.chance(0.5) ? { role: oneOf(roles) } : {},
    });
    alive.push(id);
    users.add(id);
  }

  function remove(userId: string): void {
    clerk.deleteUser(userId);
    alive.splice(alive.indexOf(userId), 1);
  }

  function replaceAddress(userId: string): void {
    // Clerk refuses it while an address belongs to a connected account.
    if (clerk.getUser(userId).external_accounts.length > 0) clerk.signIn(userId);
    else clerk.replaceEmailAddress(userId, { email_address: newAddress() });
  }

  const ofOneUser: readonly UserChange[] = [
    { weight: 20, make: (id) => clerk.signIn(id) },
    { weight: 20, make: (id) => clerk.updateUser(id, { first_name: oneOf(names) ?? null }) },
    { weight: 10, make: (id) => clerk.updateUser(id, { last_name: oneOf(names) ?? null }) },
    { weight: 10, make: (id) => clerk.updateUser(id, { username: newUsername() }) },
    { weight: 15, make: (id) => clerk.updateMetadata(id, { public_metadata: { role: oneOf(roles) } }) },
    { weight: 5, make: (id) => clerk.updateMetadata(id, { private_metadata: { note: random.next() } }) },
    {
      weight: 6,
      make: (id) => {
        const address = oneOf(clerk.getUser(id).email_addresses);
        clerk.updateUser(id, { primary_email_address_id: address?.id });
      },
    },
    { weight: 8, make: replaceAddress },
    {
      weight: 5,
      make: (id) => {
        const account = { provider_user_id: `google-${(drawn += 1)}`, email_address: newAddress() };
        clerk.connectExternalAccount(id, { provider: "oauth_google", ...account });
      },
    },
    { weight: 6, make: remove },
  ];
  const allWeights = ofOneUser.reduce((sum, { weight }) => sum + weight, 0);

  function drawChange(): UserChange | undefined {
    let place = random.next() * allWeights;
    return ofOneUser.find(({ weight }) => (place -= weight) < 0);
  }

  return {
    change: () => {
      changes += 1;
      const user = alive.at(-1 - Math.floor(random.next() ** 2 * Math.min(busyUsers, alive.length)));
      if (user === undefined || random.chance(newUserProbability)) create();
      else drawChange()?.make(user);
    },
    get changes() {
      return changes;
    },
    users,
  };
}
