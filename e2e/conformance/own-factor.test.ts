// @slow
import { factorSuite } from '@parse-factors/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { CodeCardFactor } from '../../docs/examples/code-card-factor.js';
import { withCard } from '../support/card.js';

factorSuite({ describe, it, beforeAll, afterAll }, withCard(new CodeCardFactor()));
