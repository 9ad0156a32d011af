ALTER TABLE timing.rulings
    DROP CONSTRAINT rulings_kind_known,
    ADD CONSTRAINT rulings_kind_known CHECK (kind IN ('DSQ', 'DNS', 'WITHDRAWN', 'NOT_COMPETING', 'DNF', 'PENALTY',
        'YELLOW_CARD', 'RED_CARD', 'GUN', 'START_WITH_WAVE', 'MANUAL_TIME', 'VOID_READ', 'RANK_BEFORE', 'REVIEWED', 'CLOSE',
        'REVOKE'));
