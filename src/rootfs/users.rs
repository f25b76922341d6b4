//! Users of the image: the two that every image knows, and whether the one it runs as can be found.

use crate::error::{Code, Error};
use crate::image::layer::{Layer, Node};
use crate::image::path::ImagePath;
use crate::plan::ImagePlan;

/// passwd(5): root, and the user that programs run as by default.
pub const PASSWD: &str = "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n";
/// group(5): their groups.
pub const GROUP: &str = "root:x:0:\nnonroot:x:65532:\n";

/// The longest user database that is looked through, in bytes.
const LIMIT: u64 = 1 << 20;

/// Refuses a user or group that is a name which the image's files do not know: a runtime would not start it.
pub fn check(image: &ImagePlan, files: &Layer) -> Result<(), Error> {
    let user = &image.recipe.run.user;
    let (user, group) =
        user.split_once(':').map_or((user.as_str(), None), |(user, group)| (user, Some(group)));
    // passwd(5) has the user's number and then the group's, group(5) the group's
    known(user, "/etc/passwd", PASSWD, 2, files)?;
    group.map_or(Ok(()), |group| known(group, "/etc/group", GROUP, 1, files))
}

fn known(name: &str, database: &str, usual: &str, numbers: usize, files: &Layer) -> Result<(), Error> {
    if name.parse::<u32>().is_ok() {
        return Ok(());
    }
    let own = match files.get(&ImagePath::parse(database)?).map(|entry| &entry.node) {
        None => None,
        Some(Node::File(file)) => Some(file.read(LIMIT).map_err(|error| error.at(database))?),
        Some(_) => {
            return Err(Error::new(Code::Setting, format!("the image's {database} is no regular file"))
                .note(format!("so it cannot be told whether it knows `{name}`"))
                .help("use numbers, which need no entry: --user 1000:1000"));
        }
    };
    let text = own.as_deref().map_or_else(|| usual.into(), String::from_utf8_lossy);
    let is_entry = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        let ids = fields.get(2..2 + numbers).unwrap_or_default();
        fields.first() == Some(&name)
            && ids.len() == numbers
            && ids.iter().all(|id| id.parse::<u32>().is_ok())
    };
    if text.lines().any(is_entry) {
        return Ok(());
    }
    Err(Error::new(Code::Setting, format!("the image's {database} knows no `{name}`"))
        .note("a container runtime would not start the image")
        .help("use numbers, which need no entry: --user 1000:1000")
        .help(format!("or bring your own: --copy FILE:{database}:replace")))
}
