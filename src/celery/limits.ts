/** Most slots and threads of a worker: whoever may send remote-control commands could ask for any number. */
export const MAX_CONCURRENCY = 1024;

/** Longest pause between heartbeat events. */
export const MAX_HEARTBEAT_INTERVAL_SECONDS = 86_400;

/** Most queues that remote control makes a worker consume: each needs a channel, of which RabbitMQ gives 2,047. */
export const MAX_CONSUMED_QUEUES = 256;

/** Longest id in a command: AMQP's correlation id, which every task id is too, has room for so many bytes. */
export const MAX_ID_LENGTH = 255;

/** Most ids in one command: as many as a worker remembers by default. */
export const MAX_IDS = 50_000;
