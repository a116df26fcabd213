export { bridgeHeaderNames, headerNames, type RecordHeaders } from "./headers.ts";
export {
  type KafkaRecord,
  type ParsedEvent,
  type ParsedUserEvent,
  type ParsedUserState,
  parseUserEvent,
  parseUserState,
  type Unparsed,
} from "./parse-record.ts";
export {
  dataSchemaOf,
  userCreatedSchema,
  userDeletedSchema,
  type UserEvent,
  userEventSchema,
  type UserEventType,
  userUpdatedSchema,
} from "./user-event.ts";
export {
  type OptionalField,
  optionalFieldsSchema,
  type User,
  type UserChanges,
  userChangesSchema,
  userIdSchema,
  userSchema,
  type UserState,
  userStateSchema,
} from "./user.ts";
