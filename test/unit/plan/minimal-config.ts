/** The smallest useful configuration; tests change one part of it. */
export const minimal = `version: 1
deployment: prod-eu
region: eu-west-1
vault: { bucket: acme-vault }
plans:
  ci:
    schedule: { expression: rate(6 hours) }
    sources:
      - ec2: { tags: { Role: ci } }
    retention: { daily: 7 }
`;
