import { describe, expect, test } from 'vitest';
import { readArguments, type ScriptUsage, UsageError, usageText } from './script-arguments.ts';

const usage: ScriptUsage = {
  command: 'npm run test:kill',
  about: 'Kills.',
  options: [{ name: 'kills', meaning: 'how many', byDefault: 1000, min: 1, max: 5000 }],
};

describe('the arguments of a script', () => {
  test('are its defaults if none is given', () => {
    expect(readArguments(usage, [])).toEqual(new Map([['kills', 1000]]));
    expect(readArguments(usage, ['--kills', '7'])).toEqual(new Map([['kills', 7]]));
    expect(readArguments(usage, ['--kills=5000'])).toEqual(new Map([['kills', 5000]]));
  });

  test('may ask for help, which lists them', () => {
    expect(readArguments(usage, ['-h'])).toBeUndefined();
    expect(usageText(usage)).toMatch(/^Usage: npm run test:kill .*OPTIONS/);
  });

  test.each([[['--kills', '0']], [['--kills', '5001']], [['--kills', '1.5']], [['--kills=']], [['--kills', 'many']]])(
    'are refused if %j is not a number in range',
    (args) => {
      expect(() => readArguments(usage, args)).toThrow(/^Give a whole number from 1 to 5000 after --kills, not /);
    },
  );

  test.each([[['--kils', '1']], [['7']], [['--kills']]])('are refused if %j is unknown, with the usage', (args) => {
    expect(() => readArguments(usage, args)).toThrow(UsageError);
    expect(() => readArguments(usage, args)).toThrow(/\n\nUsage: npm run test:kill/);
  });
});
