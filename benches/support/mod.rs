//! A repository made up for measuring: features of a web service in Python, TypeScript and Rust, with routes, services, repositories and
//! models in files of their own, which import each other and those of other features. The same number of lines gives the same bytes.

/// Files of about so many lines together, by path. A feature has some 180 lines in each language.
pub fn repository(lines: usize) -> Vec<(String, String)> {
    let mut files = vec![
        (
            "py/pyproject.toml".to_string(),
            "[project]\nname = \"shop\"\nversion = \"1.0\"\ndependencies = [\"fastapi\", \"sqlalchemy\"]\n".to_string(),
        ),
        (
            "ts/package.json".to_string(),
            "{ \"name\": \"shop\", \"dependencies\": { \"express\": \"5\", \"@prisma/client\": \"6\" } }\n".to_string(),
        ),
        (
            "rs/Cargo.toml".to_string(),
            "[package]\nname = \"shop\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\nsqlx = \"0.8\"\n"
                .to_string(),
        ),
    ];
    let mut made = 0;
    let mut features = 0;
    while made < lines {
        let start = files.len();
        python(features, &mut files);
        typescript(features, &mut files);
        rust(features, &mut files);
        made += files[start..].iter().map(|(_, text)| text.lines().count()).sum::<usize>();
        features += 1;
    }
    let modules: String = (0..features).map(|at| format!("pub mod feature_{at};\n")).collect();
    files.push(("rs/src/lib.rs".to_string(), modules));
    let routers: String = (0..features).map(|at| format!("from app.feature_{at}.routes import router as router_{at}\n")).collect();
    let mounts: String = (0..features).map(|at| format!("app.include_router(router_{at}, prefix=\"/v1\")\n")).collect();
    files.push(("py/app/main.py".to_string(), format!("from fastapi import FastAPI\n{routers}\napp = FastAPI()\n{mounts}")));
    let routers: String = (0..features).map(|at| format!("import {{ router as router{at} }} from \"./feature{at}/routes\";\n")).collect();
    let mounts: String = (0..features).map(|at| format!("app.use(\"/v1\", router{at});\n")).collect();
    files.push(("ts/src/main.ts".to_string(), format!("import express from \"express\";\n{routers}\nconst app = express();\n{mounts}")));
    files
}

/// Two features that this one uses: an early one, which many use, and a neighbour.
fn used(feature: usize) -> (usize, usize) {
    (feature.isqrt(), feature.saturating_sub(1 + feature % 3))
}

/// Methods of one kind, numbered, so that files have the length of written ones.
fn numbered(count: usize, of: impl Fn(usize) -> String) -> String {
    (0..count).map(of).collect()
}

fn python(feature: usize, files: &mut Vec<(String, String)>) {
    let (early, near) = used(feature);
    let folder = format!("py/app/feature_{feature}");
    let mut add = |name: &str, text: String| files.push((format!("{folder}/{name}.py"), text));
    add("__init__", String::new());
    add(
        "models",
        format!(
            "from sqlalchemy import Column, ForeignKey, Integer, String\nfrom sqlalchemy.orm import declarative_base, relationship\n\nBase = declarative_base()\n\n\nclass Item{feature}(Base):\n    __tablename__ = \"items_{feature}\"\n\n    id = Column(Integer, primary_key=True)\n    name = Column(String(80))\n    owner_id = Column(Integer, ForeignKey(\"users.id\"))\n    lines = relationship(\"Line{feature}\", back_populates=\"item\")\n\n\nclass Line{feature}(Base):\n    __tablename__ = \"lines_{feature}\"\n\n    id = Column(Integer, primary_key=True)\n    amount = Column(Integer)\n    item_id = Column(Integer, ForeignKey(\"items_{feature}.id\"))\n    item = relationship(\"Item{feature}\", back_populates=\"lines\")\n"
        ),
    );
    let methods = numbered(5, |at| {
        format!(
            "\n    def find_{at}(self, owner_id: int, limit: int = 50):\n        query = self.session.query(Item{feature}).filter(Item{feature}.owner_id == owner_id)\n        if limit > {at}:\n            query = query.limit(limit)\n        return query.all()\n\n    def save_{at}(self, item: Item{feature}) -> Item{feature}:\n        self.session.add(item)\n        self.session.commit()\n        return item\n"
        )
    });
    add(
        "repository",
        format!(
            "from sqlalchemy.orm import Session\n\nfrom app.feature_{feature}.models import Item{feature}\n\n\nclass Repository{feature}:\n    def __init__(self, session: Session):\n        self.session = session\n{methods}"
        ),
    );
    let methods = numbered(5, |at| {
        format!(
            "\n    def total_{at}(self, owner_id: int) -> int:\n        \"\"\"What the items of an owner come to.\"\"\"\n        total = 0\n        for item in self.repository.find_{at}(owner_id):\n            for line in item.lines:\n                total += line.amount * {at}\n        if total > 1000:\n            return self.other.total_{at}(owner_id)\n        return total\n"
        )
    });
    let other = if feature == 0 { "None".to_string() } else { format!("Service{near}(session)") };
    let import = if feature == 0 { String::new() } else { format!("from app.feature_{near}.service import Service{near}\n") };
    add(
        "service",
        format!(
            "from app.feature_{early}.models import Item{early}\nfrom app.feature_{feature}.repository import Repository{feature}\n{import}\n\nclass Service{feature}:\n    def __init__(self, session):\n        self.repository = Repository{feature}(session)\n        self.other = {other}\n        self.kind = Item{early}\n{methods}"
        ),
    );
    let routes = numbered(5, |at| {
        format!(
            "\n\n@router.get(\"/feature-{feature}/{at}/{{owner_id}}\")\ndef read_{at}(owner_id: int, session: Session = Depends(get_session)):\n    service = Service{feature}(session)\n    total = service.total_{at}(owner_id)\n    if total < 0:\n        raise HTTPException(status_code=404, detail=\"nothing there\")\n    return {{\"owner\": owner_id, \"total\": total}}\n"
        )
    });
    add(
        "routes",
        format!(
            "from fastapi import APIRouter, Depends, HTTPException\nfrom sqlalchemy.orm import Session, sessionmaker\n\nfrom app.feature_{feature}.service import Service{feature}\n\nrouter = APIRouter()\nSessionLocal = sessionmaker()\n\n\ndef get_session():\n    session = SessionLocal()\n    try:\n        yield session\n    finally:\n        session.close()\n{routes}"
        ),
    );
}

fn typescript(feature: usize, files: &mut Vec<(String, String)>) {
    let (early, near) = used(feature);
    let folder = format!("ts/src/feature{feature}");
    let mut add = |name: &str, text: String| files.push((format!("{folder}/{name}.ts"), text));
    add(
        "types",
        format!(
            "export interface Item{feature} {{\n  id: number;\n  name: string;\n  ownerId: number;\n  amount: number;\n}}\n\nexport type Totals{feature} = Record<string, number>;\n"
        ),
    );
    let methods = numbered(6, |at| {
        format!(
            "\n  async find{at}(ownerId: number, take = 50): Promise<Item{feature}[]> {{\n    const where = {{ ownerId, amount: {{ gt: {at} }} }};\n    return this.prisma.item{feature}.findMany({{ where, take }});\n  }}\n\n  async save{at}(item: Item{feature}): Promise<Item{feature}> {{\n    return this.prisma.item{feature}.create({{ data: {{ name: item.name, ownerId: item.ownerId, amount: item.amount }} }});\n  }}\n"
        )
    });
    add(
        "repository",
        format!(
            "import {{ PrismaClient }} from \"@prisma/client\";\nimport type {{ Item{feature} }} from \"./types\";\n\nexport class Repository{feature} {{\n  constructor(private readonly prisma: PrismaClient) {{}}\n{methods}}}\n"
        ),
    );
    let methods = numbered(6, |at| {
        format!(
            "\n  async total{at}(ownerId: number): Promise<Totals{feature}> {{\n    const items = await this.repository.find{at}(ownerId);\n    const totals: Totals{feature} = {{}};\n    for (const item of items) {{\n      totals[item.name] = (totals[item.name] ?? 0) + item.amount * {at};\n    }}\n    if (items.length === 0) {{\n      return earlier(ownerId, `nothing for ${{ownerId}}`);\n    }}\n    return Object.fromEntries(Object.entries(totals).filter(([, amount]) => amount > {at}));\n  }}\n"
        )
    });
    add(
        "service",
        format!(
            "import {{ Repository{feature} }} from \"./repository\";\nimport type {{ Totals{feature} }} from \"./types\";\nimport {{ earlier{early} as earlier }} from \"../feature{early}/earlier\";\n\nexport class Service{feature} {{\n  constructor(private readonly repository: Repository{feature}) {{}}\n{methods}}}\n"
        ),
    );
    add(
        "earlier",
        format!(
            "import {{ Item{near} }} from \"../feature{near}/types\";\n\nconst kept: Item{near}[] = [];\n\nexport function earlier{feature}(ownerId: number, reason: string): Record<string, number> {{\n  console.log(reason);\n  return Object.fromEntries(kept.filter((item) => item.ownerId === ownerId).map((item) => [item.name, item.amount]));\n}}\n"
        ),
    );
    let routes = numbered(6, |at| {
        format!(
            "\nrouter.get(\"/feature-{feature}/{at}/:ownerId\", async (req, res, next) => {{\n  try {{\n    const ownerId = Number(req.params.ownerId);\n    const totals = await service.total{at}(ownerId);\n    res.json({{ ownerId, totals }});\n  }} catch (error) {{\n    next(error);\n  }}\n}});\n"
        )
    });
    add(
        "routes",
        format!(
            "import {{ Router }} from \"express\";\nimport {{ PrismaClient }} from \"@prisma/client\";\nimport {{ Repository{feature} }} from \"./repository\";\nimport {{ Service{feature} }} from \"./service\";\n\nexport const router = Router();\nconst service = new Service{feature}(new Repository{feature}(new PrismaClient()));\n{routes}"
        ),
    );
}

fn rust(feature: usize, files: &mut Vec<(String, String)>) {
    let (early, near) = used(feature);
    let folder = format!("rs/src/feature_{feature}");
    let mut add = |name: &str, text: String| files.push((format!("{folder}/{name}.rs"), text));
    add("mod", "pub mod model;\npub mod repository;\npub mod routes;\npub mod service;\n".to_string());
    add(
        "model",
        format!(
            "#[derive(Clone, Debug)]\npub struct Item{feature} {{\n    pub id: i64,\n    pub name: String,\n    pub owner: i64,\n    pub amount: i64,\n}}\n\nimpl Item{feature} {{\n    pub fn weight(&self, factor: i64) -> i64 {{\n        match self.amount {{\n            0 => 0,\n            amount if amount > 100 => amount * factor,\n            amount => amount,\n        }}\n    }}\n}}\n"
        ),
    );
    let functions = numbered(6, |at| {
        format!(
            "\n    pub async fn find_{at}(&self, owner: i64) -> Result<Vec<Item{feature}>, sqlx::Error> {{\n        sqlx::query_as::<_, Item{feature}>(\"SELECT id, name, owner, amount FROM items_{feature} WHERE owner = $1 LIMIT 50\")\n            .bind(owner)\n            .fetch_all(&self.pool)\n            .await\n    }}\n\n    pub async fn save_{at}(&self, item: &Item{feature}) -> Result<(), sqlx::Error> {{\n        sqlx::query(\"INSERT INTO items_{feature} (name, owner, amount) VALUES ($1, $2, $3)\")\n            .bind(&item.name)\n            .bind(item.owner)\n            .bind(item.amount)\n            .execute(&self.pool)\n            .await?;\n        Ok(())\n    }}\n"
        )
    });
    add(
        "repository",
        format!(
            "use sqlx::PgPool;\n\nuse super::model::Item{feature};\n\n#[derive(Clone)]\npub struct Repository{feature} {{\n    pub pool: PgPool,\n}}\n\nimpl Repository{feature} {{{functions}}}\n"
        ),
    );
    let functions = numbered(6, |at| {
        format!(
            "\n    pub async fn total_{at}(&self, owner: i64) -> Result<i64, sqlx::Error> {{\n        let items = self.repository.find_{at}(owner).await?;\n        let total: i64 = items.iter().map(|item| item.weight({at})).sum();\n        if total > 1_000 {{\n            return Ok(earlier(owner) + total);\n        }}\n        Ok(total)\n    }}\n"
        )
    });
    add(
        "service",
        format!(
            "use super::repository::Repository{feature};\nuse crate::feature_{early}::service::weight as earlier;\nuse crate::feature_{near}::model::Item{near};\n\n#[derive(Clone)]\npub struct Service{feature} {{\n    pub repository: Repository{feature},\n    pub last: Option<Item{near}>,\n}}\n\npub fn weight(owner: i64) -> i64 {{\n    owner % {}\n}}\n\nimpl Service{feature} {{{functions}}}\n",
            feature + 7
        ),
    );
    let handlers = numbered(6, |at| {
        format!(
            "\nasync fn read_{at}(State(service): State<Service{feature}>, Path(owner): Path<i64>) -> Result<Json<i64>, StatusCode> {{\n    let total = service.total_{at}(owner).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;\n    Ok(Json(total))\n}}\n"
        )
    });
    let routes = numbered(6, |at| format!("\n        .route(\"/feature-{feature}/{at}/{{owner}}\", get(read_{at}))"));
    add(
        "routes",
        format!(
            "use axum::extract::{{Path, State}};\nuse axum::http::StatusCode;\nuse axum::routing::get;\nuse axum::{{Json, Router}};\n\nuse super::service::Service{feature};\n\npub fn router(service: Service{feature}) -> Router {{\n    Router::new(){routes}\n        .with_state(service)\n}}\n{handlers}"
        ),
    );
}
