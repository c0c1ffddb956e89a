-- Insert a reminder for every distinct payer-provider link that has none yet.
-- Identifiers: contract_type, provider_name_type.
INSERT INTO {conflict}.payer_provider_reminders
    ("PayerID", "AppPayerID", "Contract", "ProviderID", "AppProviderID", "ProviderName", "CreatedDateTime", "NumberOfDays")
SELECT DISTINCT ON (dimpayer."Payer Id", dimprovider."Provider Id")
    dimpayer."Payer Id",
    dimpayer."Application Payer Id"::text,
    dimpayer."Payer Name"::{contract_type},
    dimprovider."Provider Id",
    dimprovider."Application Provider Id"::text,
    dimprovider."Provider Name"::{provider_name_type},
    localtimestamp,
    NULL
FROM {analytics}.dimpayerprovider
INNER JOIN {analytics}.dimpayer ON dimpayer."Payer Id" = dimpayerprovider."Payer Id"
INNER JOIN {analytics}.dimprovider ON dimprovider."Provider Id" = dimpayerprovider."Provider Id"
WHERE NOT EXISTS (
    SELECT FROM {conflict}.payer_provider_reminders AS reminder
    WHERE reminder."PayerID" = dimpayer."Payer Id" AND reminder."ProviderID" = dimprovider."Provider Id"
)
ORDER BY dimpayer."Payer Id", dimprovider."Provider Id"
