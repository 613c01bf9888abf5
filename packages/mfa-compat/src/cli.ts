#!/usr/bin/env node
import { runBatchCommand } from '@parse-factors/core/factor';
import { mfaMigrationCommand } from './mfa-migration-command.js';

void runBatchCommand(mfaMigrationCommand, process.argv.slice(2));
