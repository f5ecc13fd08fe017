/** Pairs of identities of one length, made for equal XXH32 of `["<identity>",[]]` under several seeds in a row. */
export const collidingIdentities: readonly (readonly [string, string])[] = [
  ['tenant-a/orders/eumAa tral-1/000', 'teaaaa-a/orders/eu-b3ytral-1/000'],
  ['tenant-a/orders/eusa0atral-1/000', 'tebbbb-a/orders/eu dk4tral-1/000'],
  ['tenant-a/orders/euaaeatral-1/000', 'tecdef-a/orders/eusi--tral-1/000'],
  ['tenant-a/orders/euaAnjtral-1/000', 'te1234-a/orders/eu k -tral-1/000'],
  ['tenant-a/orders/eua abtral-1/000', 'teq-r.-a/orders/euqt3Atral-1/000'],
];
