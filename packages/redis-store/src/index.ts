export { redisStore, type RedisScripting, type RedisStoreOptions, type ScriptArguments } from './redis-store.js';
