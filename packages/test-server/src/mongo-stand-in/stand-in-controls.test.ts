import type * as Mongo from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { databaseUri } from '../mongo.js';
import { MongoStandIn } from './mongo-stand-in.js';
import { MongoClient, type Row } from './test-rows.js';

const standIn = new MongoStandIn();
let client: Mongo.MongoClient;
let rows: Mongo.Collection<Row>;

const isInsert = (command: object): boolean => 'insert' in command;
const NOT_ALLOWED = { code: 13, codeName: 'Unauthorized', message: 'not authorized' } as const;

beforeAll(async () => {
  await standIn.start();
  client = new MongoClient(standIn.uri, { serverSelectionTimeoutMS: 2000 });
  rows = client.db('controls').collection<Row>('rows');
});
afterAll(async () => {
  await client.close();
  await standIn.stop();
});
beforeEach(() => rows.deleteMany({}));

test('a row expires once its time and the seconds of the index have passed', async () => {
  await rows.createIndex({ at: 1 }, { expireAfterSeconds: 60 });
  await rows.insertMany([{ _id: 'a', at: new Date(1000) }, { _id: 'b', at: 'no date' }, { _id: 'c' }]);
  expect(standIn.expire(60_999)).toBe(0);
  expect(standIn.expire(61_000)).toBe(1);
  expect(await rows.countDocuments()).toBe(2);
  await rows.drop();
});

test('a test sees what every command asked for', async () => {
  standIn.forgetCommands();
  await rows.insertOne({ _id: 'a' }, { writeConcern: { w: 'majority', wtimeoutMS: 500 } });
  await rows.findOne({ _id: 'a' }, { maxTimeMS: 900, readPreference: 'primaryPreferred', readConcern: { level: 'majority' } });
  expect(standIn.commands('insert')).toMatchObject([
    { insert: 'rows', documents: [{ _id: 'a' }], writeConcern: { w: 'majority' } },
  ]);
  expect(standIn.commands('find')).toMatchObject([{ maxTimeMS: 900, readConcern: { level: 'majority' } }]);
  expect(standIn.commands()).toHaveLength(2);
});

test('a write concern of two servers is refused, and so is a transaction', async () => {
  await expect(rows.insertOne({ _id: 'a' }, { writeConcern: { w: 2 } })).rejects.toMatchObject({ code: 2 });
  const session = client.startSession();
  const work = session.withTransaction(() => rows.insertOne({ _id: 'a' }, { session }));
  await expect(work).rejects.toThrow();
  await session.endSession();
  expect(await rows.countDocuments()).toBe(0);
});

test('a refused command is not run', async () => {
  const allow = standIn.refuse(isInsert, NOT_ALLOWED);
  await expect(rows.insertOne({ _id: 'a' })).rejects.toMatchObject({ code: 13, codeName: 'Unauthorized' });
  allow();
  await rows.insertOne({ _id: 'a' });
});

test('a command whose answer is lost has been run', async () => {
  const stopLosing = standIn.loseAnswers(isInsert);
  await expect(rows.insertOne({ _id: 'a' })).rejects.toThrow();
  stopLosing();
  expect(await rows.countDocuments()).toBe(1);
});

test('a paused server answers after it resumes', async () => {
  standIn.pause();
  let isAnswered = false;
  const insert = rows.insertOne({ _id: 'a' }).then(() => (isAnswered = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isAnswered).toBe(false);
  standIn.resume();
  await insert;
  expect(await rows.countDocuments()).toBe(1);
});

test('a stopped server refuses connections, and has all data after the next start', async () => {
  await rows.insertOne({ _id: 'a' });
  const { uri } = standIn;
  await standIn.stop();
  const impatient = new MongoClient(uri, { serverSelectionTimeoutMS: 50 });
  await expect(impatient.connect()).rejects.toThrow(/ECONNREFUSED/);
  await impatient.close();
  await standIn.start();
  expect(standIn.uri).toBe(uri);
  expect(await rows.findOne({ _id: 'a' })).toEqual({ _id: 'a' });
});

test.each([
  ['mongodb://h:1', 'mongodb://h:1/db'],
  ['mongodb://h:1/', 'mongodb://h:1/db'],
  ['mongodb://a:1,b:2/?replicaSet=rs0', 'mongodb://a:1,b:2/db?replicaSet=rs0'],
  ['mongodb+srv://u:p@h/admin?w=majority', 'mongodb+srv://u:p@h/db?w=majority&authSource=admin'],
  ['mongodb://h:1?replicaSet=rs0', 'mongodb://h:1/db?replicaSet=rs0'],
])('the database of %s is %s', (uri, expected) => {
  expect(databaseUri(uri, 'db')).toBe(expected);
});
