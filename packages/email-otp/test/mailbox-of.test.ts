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
  for (const address of [mailbox, ...spellings]) expect(mailboxOf(address), address).toBe(mailbox);
});

it('keeps apart what may be two mailboxes, and never gives an empty name', () => {
  expect(mailboxOf('vic.tim@outlook.com')).toBe('vic.tim@outlook.com');
  expect(mailboxOf('vic-tim@gmail.com')).toBe('vic-tim@gmail.com');
  expect(mailboxOf('victim@icloud.com')).not.toBe(mailboxOf('victim@gmail.com'));
  expect(mailboxOf('victim@notgmail.com')).toBe('victim@notgmail.com');
  expect(mailboxOf('victim@mail.gmail.com')).toBe('victim@mail.gmail.com');
  for (const address of ['+tag@gmail.com', '+@acme.example', '-x@yahoo.com', '_@proton.me', 'a@b.c.fastmail.com'])
    expect(mailboxOf(address)).toMatch(/^[^@]+@[^@]+$/);
});
