"""Keeps the table `users` of an SQLite database in step with Clerk, and prints each user that changes."""

import json
import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from jsonschema import Draft202012Validator, ValidationError

BROKERS = os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092")
EVENTS_TOPIC = os.environ.get("KAFKA_EVENTS_TOPIC", "user.events")
STATE_TOPIC = os.environ.get("KAFKA_STATE_TOPIC", "user.state")
GROUP_ID = os.environ.get("KAFKA_GROUP_ID", "example-python")
DATABASE = Path(os.environ.get("DATA_FOLDER", "data")) / "users.sqlite"
SCHEMAS = Path(os.environ.get("SCHEMAS_FOLDER", Path(__file__).parent / "../../docs/events"))

# librdkafka reads committed records only; it is said here because nothing holds without it.
READING = {"bootstrap.servers": BROKERS, "isolation.level": "read_committed", "enable.auto.commit": False}

running = True


def stop(*_):
    global running
    running = False


class InvalidRecord(Exception):
    """A record that the bridge did not write, with its place. It is not committed."""


def validators():
    schemas = [json.loads(file.read_text()) for file in SCHEMAS.glob("*.schema.json")]
    return {
        schema["properties"]["eventType"]["const"]: Draft202012Validator(
            schema, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        for schema in schemas
    }


def open_database():
    DATABASE.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(DATABASE)
    # A deleted user keeps its row, without data, so that a repeated event changes nothing.
    database.execute(
        "CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, data TEXT) STRICT"
    )
    database.commit()
    return database


def upsert(database, user_id, sequence, data):
    database.execute(
        """INSERT INTO users VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE
           SET sequence = excluded.sequence, data = excluded.data WHERE excluded.sequence > users.sequence""",
        (user_id, sequence, None if data is None else json.dumps(data, ensure_ascii=False)),
    )


def headers_of(message):
    return {name: value.decode() for name, value in message.headers() or []}


def read_states(database):
    """Reads the state topic to its end: all users at once, and what a gap lacks."""
    with closing(Consumer({**READING, "group.id": f"{GROUP_ID}.states", "enable.partition.eof": True})) as consumer:
        partitions = consumer.list_topics(STATE_TOPIC, timeout=10).topics[STATE_TOPIC].partitions
        consumer.assign([TopicPartition(STATE_TOPIC, partition, 0) for partition in partitions])
        open_partitions = set(partitions)
        while open_partitions and running:
            message = consumer.poll(1)
            if message is None:
                continue
            if message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(message.error())
                open_partitions.discard(message.partition())
                continue
            headers = headers_of(message)
            # Records without a sequence are the bridge's own.
            if "ce_sequence" in headers:
                state = None if message.value() is None else json.loads(message.value())
                if state is not None:
                    del state["updatedAt"]
                upsert(database, message.key().decode(), int(headers["ce_sequence"]), state)
    database.commit()


def user_after(data, event):
    match event["eventType"]:
        case "user.created":
            return {**event["data"], "createdAt": event["timestamp"]}
        case "user.updated":
            return None if data is None else {**data, **event["data"]["changes"]}
        case "user.deleted":
            return None


def find(database, user_id):
    row = database.execute("SELECT sequence, data FROM users WHERE id = ?", (user_id,)).fetchone()
    return (0, None) if row is None else (row[0], row[1] and json.loads(row[1]))


def apply(database, message, schemas):
    """Applies one event, unless the row contains it. Returns the user's id when the row has changed."""
    place = f"{message.topic()}/{message.partition()}/{message.offset()}"
    try:
        event = json.loads(message.value())
        schemas[event["eventType"]].validate(event)
        sequence = int(headers_of(message)["ce_sequence"])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidRecord(f"{place} is no event: {type(error).__name__}") from None
    except ValidationError as error:
        raise InvalidRecord(f"{place} is no event: {error.json_path} breaks `{error.validator}`") from None
    user_id = event["data"]["id"]
    known, data = find(database, user_id)
    if sequence > known + 1:
        # An event is missing, for example because Kafka has deleted it. The state topic has its outcome.
        read_states(database)
        known, data = find(database, user_id)
        if sequence <= known:
            return event["eventType"], user_id
    if sequence <= known:
        return None
    # Still behind: the state topic has forgotten the user, so the user is deleted.
    upsert(database, user_id, sequence, user_after(data, event) if sequence == known + 1 else None)
    return event["eventType"], user_id


def main():
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    schemas = validators()
    with closing(open_database()) as database:
        if database.execute("SELECT count(*) FROM users").fetchone()[0] == 0:
            read_states(database)
        living = database.execute("SELECT count(*) FROM users WHERE data IS NOT NULL").fetchone()[0]
        print(f"users has {living} users in {DATABASE}", flush=True)
        with closing(Consumer({**READING, "group.id": GROUP_ID, "auto.offset.reset": "earliest"})) as consumer:
            consumer.subscribe([EVENTS_TOPIC])
            while running:
                messages = consumer.consume(500, timeout=0.5)
                changed = []
                for message in messages:
                    if message.error():
                        raise KafkaException(message.error())
                    changed.append(apply(database, message, schemas))
                # The rows first, the offsets afterwards: a crash in between repeats events, which change nothing.
                database.commit()
                if messages:
                    consumer.commit(asynchronous=False)
                for event_type, user_id in filter(None, changed):
                    sequence, data = find(database, user_id)
                    name = "(deleted)" if data is None else f"{data['firstName']} {data['lastName']}".strip()
                    print(f"{event_type} {user_id} #{sequence} {name}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except InvalidRecord as error:
        sys.exit(str(error))
