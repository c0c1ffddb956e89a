-- Update the payer and provider names of the reminders that match a link, where they differ.
-- Identifiers: contract_type, provider_name_type.
UPDATE {conflict}.payer_provider_reminders AS reminder
SET "Contract" = link.contract, "ProviderName" = link.provider_name
FROM (
    SELECT DISTINCT
        dimpayer."Payer Id" AS payer_id,
        dimprovider."Provider Id" AS provider_id,
        dimpayer."Payer Name"::{contract_type} AS contract,
        dimprovider."Provider Name"::{provider_name_type} AS provider_name
    FROM {analytics}.dimpayerprovider
    INNER JOIN {analytics}.dimpayer ON dimpayer."Payer Id" = dimpayerprovider."Payer Id"
    INNER JOIN {analytics}.dimprovider ON dimprovider."Provider Id" = dimpayerprovider."Provider Id"
) AS link
WHERE reminder."PayerID" = link.payer_id
    AND reminder."ProviderID" = link.provider_id
    AND (reminder."Contract", reminder."ProviderName") IS DISTINCT FROM (link.contract, link.provider_name)
