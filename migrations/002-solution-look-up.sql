-- The index of the look-up of earlier answers, where this worker made the table before 001 made the index with it. A
-- database of the backend's has no tracking table, and its own table is left as it is.
do $$
begin
  if to_regclass('celery_worker_migration') is not null then
    create index if not exists idx_solver_solutions_description on solver_solutions using hash (description);
  end if;
end
$$;
