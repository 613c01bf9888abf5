import { expect, it } from 'vitest';
import { mailboxOf } from '../src/index.js';

it.each([
  ['victim@gmail.com', ['v.ictim@gmail.com', 'victim+1@gmail.com', 'v.i.c.t.i.m+a+b@googlemail.com', 'victim@googlemail.com']],
  ['victim@outlook.com', ['victim+news@outlook.com']],
  ['vic.tim@hotmail.com', ['vic.tim+1@hotmail.com']],
  ['victim@icloud.com', ['victim+1@icloud.com', 'victim@me.com', 'victim+1@mac.com']],
  ['victim@proton.me', ['vic.tim@proton.me', 'vic-tim+1@protonmail.com', 'vic_tim@pm.me']],
  ['victim@fastmail.com', ['victim+1@fastmail.com', 'news@victim.fastmail.com', 'news+1@victim.fastmail.com']],
  ['victim@fastmail.fm', ['any@victim.fastmail.fm']],
  ['victim@yahoo.com', ['victim-news@yahoo.com', 'victim+1@yahoo.com', 'victim-a+b@yahoo.com']],
  ['victim@yahoo.co.uk', ['victim-news@yahoo.co.uk']],
  ['vic.tim-b@acme.example', ['vic.tim-b+1@acme.example']],
])('%s is the mailbox of all its spellings, and of itself', (mailbox, spellings) => {
  for (const address of spellings) expect(mailboxOf(address), address).toBe(mailbox);
  expect(mailboxOf(mailbox) ?? mailbox).toBe(mailbox);
});

it('counts an address by itself where no rule joins it with another', () => {
  for (const address of [
    'vic.tim@outlook.com',
    'victim@notgmail.com',
    'victim@mail.gmail.com',
    'vic-tim@acme.example',
    '+@acme.example',
  ])
    expect(mailboxOf(address), address).toBeUndefined();
  expect(mailboxOf('vic-tim@gmail.com')).toBe('vic-tim@gmail.com');
  expect(mailboxOf('victim@icloud.com')).toBe('victim@icloud.com');
});

it('never gives a mailbox without a name', () => {
  for (const address of ['+tag@gmail.com', '-x@yahoo.com', '_@proton.me', 'a@b.c.fastmail.com'])
    expect(mailboxOf(address)).toMatch(/^[^@]+@[^@]+$/);
});
