-- join by foreign key
SELECT people.name, teams.name AS name_1 FROM people JOIN teams ON teams.id = people.team_id

-- join with condition
SELECT people.name FROM people JOIN teams ON teams.id = people.team_id AND teams.name = %s

-- left join
SELECT teams.name, people.name AS name_1 FROM teams LEFT OUTER JOIN people ON teams.id = people.team_id WHERE teams.id != %s

-- full join
SELECT teams.id, people.id AS id_1 FROM teams FULL OUTER JOIN people ON teams.id = people.team_id WHERE teams.id IS NULL OR people.id IS NULL

-- join_from
SELECT teams.name FROM people JOIN teams ON teams.id = people.team_id WHERE people.id = %s

-- chain of joins
SELECT people.name, boss.name AS name_1 FROM people JOIN teams ON teams.id = people.team_id JOIN people AS boss ON boss.team_id = teams.id AND boss.id < people.id

-- nested join
SELECT teams.id, boss.id AS id_1 FROM teams LEFT OUTER JOIN (people JOIN people AS boss ON boss.id = people.id) ON people.team_id = teams.id WHERE teams.id > %s

-- lateral
SELECT teams.id, last.name FROM teams JOIN LATERAL (SELECT people.name AS name FROM people WHERE people.team_id = teams.id ORDER BY people.id DESC LIMIT %s) AS last ON true

-- subquery
SELECT "old".name FROM (SELECT people.id AS id, people.team_id AS team_id, people.name AS name, people.age AS age FROM people WHERE people.age > %s) AS "old"

-- alias
SELECT boss.name FROM people AS boss WHERE boss.id = %s

-- values
SELECT people.name FROM people JOIN (VALUES (%s, %s), (%s, %s)) AS v (k, w) ON v.k = people.id

-- cte
WITH ages AS (SELECT people.team_id AS team_id, count(*) AS n FROM people GROUP BY people.team_id) SELECT teams.name, ages.n FROM teams JOIN ages ON ages.team_id = teams.id

-- recursive cte
WITH RECURSIVE numbers(n) AS (SELECT %s AS n UNION ALL SELECT numbers.n + %s AS anon_1 FROM numbers WHERE numbers.n < %s) SELECT numbers.n FROM numbers

-- cte that writes
WITH w AS (UPDATE people SET age=%s WHERE people.id = %s RETURNING people.id, people.age) SELECT w.id, w.age FROM w

-- insert with cte
WITH ages AS (SELECT people.team_id AS team_id, count(*) AS n FROM people GROUP BY people.team_id) INSERT INTO teams (id, name) SELECT ages.team_id + %s AS anon_1, %s AS anon_2 FROM ages WHERE ages.team_id = %s

-- scalar subquery
SELECT teams.id, (SELECT count(*) AS count_1 FROM people WHERE people.team_id = teams.id) AS anon_1 FROM teams

-- exists
SELECT teams.id FROM teams WHERE NOT (EXISTS (SELECT * FROM people WHERE people.team_id = teams.id))

-- explicit correlation
SELECT people.id FROM people WHERE people.age = (SELECT max(boss.age) AS max_1 FROM people AS boss WHERE boss.team_id = people.team_id)

-- in subquery
SELECT people.name FROM people WHERE people.team_id IN (SELECT teams.id FROM teams WHERE teams.name = %s)

-- any and all
SELECT people.id FROM people WHERE people.age >= ALL (SELECT boss.age FROM people AS boss WHERE boss.age IS NOT NULL) AND people.id = ANY (SELECT boss.id FROM people AS boss)

-- union
SELECT people.age FROM people UNION SELECT people.age FROM people

-- union all
SELECT teams.id FROM teams UNION ALL SELECT teams.id FROM teams WHERE teams.id = %s ORDER BY id LIMIT %s

-- intersect
SELECT teams.id FROM teams INTERSECT SELECT people.team_id FROM people

-- except
SELECT teams.id FROM teams EXCEPT SELECT people.team_id FROM people WHERE people.team_id IS NOT NULL

-- distinct
SELECT DISTINCT people.age FROM people

-- distinct in aggregate
SELECT count(DISTINCT people.age) AS count_1 FROM people

-- distinct on
SELECT DISTINCT ON (people.age) people.age, people.id FROM people WHERE people.age > %s ORDER BY people.age, people.id

-- group by and having
SELECT people.age, count(*) AS count_1 FROM people GROUP BY people.age HAVING count(*) > %s

-- order by
SELECT people.id FROM people WHERE people.age > %s ORDER BY people.age DESC, people.id DESC

-- nulls last
SELECT people.id FROM people ORDER BY people.age ASC NULLS LAST, people.id LIMIT %s

-- nulls first
SELECT people.id FROM people ORDER BY people.age DESC NULLS FIRST LIMIT %s

-- limit and offset
SELECT people.id FROM people ORDER BY people.id LIMIT %s OFFSET %s

-- offset alone
SELECT people.id FROM people ORDER BY people.id OFFSET %s

-- fetch
SELECT people.id FROM people ORDER BY people.id OFFSET %s ROWS FETCH FIRST %s ROWS ONLY

-- fetch with ties
SELECT people.id FROM people WHERE people.age > %s ORDER BY people.age FETCH FIRST %s ROWS WITH TIES

-- for update
SELECT people.id FROM people WHERE people.id = %s FOR UPDATE

-- for update skip locked
SELECT people.id FROM people WHERE people.id = %s FOR UPDATE SKIP LOCKED

-- for update of
SELECT people.id FROM people JOIN teams ON teams.id = people.team_id WHERE people.id = %s FOR UPDATE OF people NOWAIT

-- for share
SELECT people.id FROM people WHERE people.id = %s FOR SHARE

-- for key share
SELECT people.id FROM people WHERE people.id = %s FOR KEY SHARE

-- prefix and hint
SELECT ALL people.id FROM people WHERE people.id = %s

-- and, or, not
SELECT people.id FROM people WHERE NOT (people.id = %s OR people.id > %s AND people.age = %s)

-- in
SELECT people.id FROM people WHERE people.id IN (__[POSTCOMPILE_id_1])

-- in nothing
SELECT people.id FROM people WHERE people.id IN (__[POSTCOMPILE_id_1])

-- not in nothing
SELECT people.id FROM people WHERE (people.age NOT IN (__[POSTCOMPILE_age_1]))

-- in with tuples
SELECT people.id FROM people WHERE (people.id, people.age) IN (__[POSTCOMPILE_param_1])

-- in with parameter
SELECT people.id FROM people WHERE people.id IN (__[POSTCOMPILE_ids])

-- between
SELECT people.id FROM people WHERE people.age BETWEEN %s AND %s

-- like with autoescape
SELECT people.id FROM people WHERE people.name LIKE '%%' || %s || '%%' ESCAPE '/'

-- startswith and endswith
SELECT people.id FROM people WHERE people.name LIKE %s || '%%' AND people.name LIKE '%%' || %s

-- ilike
SELECT people.id FROM people WHERE people.name ILIKE %s

-- icontains
SELECT people.id FROM people WHERE lower(people.name) LIKE '%%' || lower(%s::VARCHAR) || '%%'

-- is distinct from
SELECT people.id FROM people WHERE people.age IS DISTINCT FROM %s

-- is not distinct from
SELECT people.id FROM people WHERE people.age IS NOT DISTINCT FROM NULL

-- regular expression
SELECT people.id FROM people WHERE people.name ~ %s

-- true and false
SELECT people.id FROM people WHERE true AND people.id = %s

-- is null
SELECT people.id FROM people WHERE people.age IS NULL

-- arithmetic
SELECT (people.id + %s) * %s::INTEGER - people.id %% %s AS anon_1, people.id / %s AS anon_2 FROM people WHERE people.id = %s

-- true division
SELECT CAST(people.id / CAST(%s AS NUMERIC) AS NUMERIC(5, 2)) AS anon_1 FROM people WHERE people.id = %s

-- xor
SELECT (people.id # %s) + %s::INTEGER AS anon_1 FROM people WHERE people.id = %s

-- power
SELECT pow(people.id, %s::INTEGER) AS pow_1, pow(%s::INTEGER, people.id) AS pow_2 FROM people WHERE people.id = %s

-- compared comparisons
SELECT people.id FROM people WHERE (people.id = %s) = (people.id != %s) AND people.id = %s

-- bitwise
SELECT people.id & %s AS anon_1, people.id | %s AS anon_2, people.id << %s AS anon_3 FROM people WHERE people.id = %s

-- concatenation
SELECT people.name || %s || people.name AS anon_1 FROM people WHERE people.id = %s

-- custom operator
SELECT people.id + %s AS anon_1 FROM people WHERE people.id = %s

-- case
SELECT CASE WHEN (people.age > %s) THEN %s WHEN (people.age IS NULL) THEN %s ELSE %s END AS anon_1 FROM people

-- case of a value
SELECT CASE people.id WHEN %s THEN %s WHEN %s THEN %s ELSE %s END AS anon_1 FROM people WHERE people.id < %s

-- cast
SELECT CAST(people.id AS VARCHAR(5)) || %s AS anon_1 FROM people WHERE people.id = %s

-- try_cast
refused

-- type_coerce
SELECT people.name AS name FROM people WHERE people.id = %s

-- literal
SELECT %s AS anon_1, 1 + 1 AS two

-- collation
SELECT people.id FROM people WHERE people.id = %s ORDER BY people.name COLLATE "C"

-- greatest of a row
SELECT coalesce(people.age, %s::INTEGER) AS coalesce_1 FROM people WHERE people.id = %s

-- window
SELECT people.id, row_number() OVER (PARTITION BY people.team_id ORDER BY people.id DESC) AS anon_1 FROM people WHERE people.team_id = %s

-- window frame
SELECT sum(people.id) OVER (ORDER BY people.id ROWS BETWEEN %s PRECEDING AND CURRENT ROW) AS anon_1 FROM people

-- filter
SELECT count(*) FILTER (WHERE people.age > %s) AS anon_1 FROM people

-- within group
SELECT percentile_disc(%s) WITHIN GROUP (ORDER BY people.id) AS anon_1 FROM people

-- aggregate strings
SELECT string_agg(people.name, %s::VARCHAR) AS aggregate_strings_1 FROM people WHERE people.id = %s

-- insert values
INSERT INTO teams (id, name) VALUES (%s, %s), (%s, %s)

-- insert from select
INSERT INTO teams (id, name) SELECT people.id + %s AS anon_1, people.name FROM people WHERE people.id = %s

-- insert returning
INSERT INTO teams (id, name) VALUES (%s, %s) RETURNING teams.id, upper(teams.name) AS upper_1

-- update
UPDATE people SET age=(people.age + %s) WHERE people.age = %s

-- update from
UPDATE people SET age=teams.id FROM teams WHERE people.team_id = teams.id AND teams.name = %s

-- update by subquery
UPDATE people SET age=(SELECT max(teams.id) AS max_1 FROM teams) WHERE people.id = %s

-- ordered update
UPDATE people SET name=%s, age=%s WHERE people.id = %s

-- update returning
UPDATE people SET age=%s WHERE people.id = %s RETURNING people.id, people.age

-- delete
DELETE FROM people WHERE people.age = %s

-- delete using
DELETE FROM people USING teams WHERE people.team_id = teams.id AND teams.name = %s

-- delete returning
DELETE FROM people WHERE people.id = %s RETURNING people.name

-- text
SELECT name FROM people WHERE id = %s

-- text with columns
SELECT q.id FROM (SELECT id, age FROM people) AS q WHERE q.age > 25
