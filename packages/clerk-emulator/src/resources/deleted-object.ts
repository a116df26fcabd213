/** What the Backend API answers when something other than a user is gone. */
export interface DeletedObject {
  readonly object: string;
  readonly id: string;
  readonly deleted: true;
}
