import { ApiError } from "../http/api-error.ts";

export class UserNotFoundError extends ApiError {
  override readonly name = "UserNotFoundError";
  constructor(id: string) {
    super(404, "user_not_found", `User with ID ${id} not found`);
  }
}

export class UserAlreadyExistsError extends ApiError {
  override readonly name = "UserAlreadyExistsError";
  constructor(email: string, cause?: unknown) {
    super(409, "user_already_exists", `User with email ${email} already exists`, { cause });
  }
}

export class InvalidCredentialsError extends ApiError {
  override readonly name = "InvalidCredentialsError";
  constructor(cause?: unknown) {
    super(401, "invalid_credentials", "Invalid email or password", { cause });
  }
}
