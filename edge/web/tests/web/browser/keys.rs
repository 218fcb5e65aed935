//! The same road without a mouse: Tab, arrows, Space, Enter and typing. Whatever
//! has the focus must show it.

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::key::Key;
use serde_json::json;

use super::stage::Stage;

/// More fields than any page has.
const MOST: usize = 200;

const REACHED: &str = "const it = document.activeElement; \
    if (!it.matches(arguments[0])) return ''; \
    const rings = [it, it.parentElement, it.nextElementSibling].filter(Boolean); \
    const ring = (e) => { const s = getComputedStyle(e); \
        return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none'; }; \
    return rings.some(ring) ? 'shown' : 'hidden'";

impl Stage {
    pub async fn key(&self, key: Key) {
        let value = char::from(key);
        let keys = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.client.perform_actions(keys).await.unwrap();
    }

    /// Writes into a field, in place of what stands there.
    pub async fn write_by_keys(&self, css: &str, text: &str) {
        self.reach(css).await;
        let all = [Key::Control.into(), 'a'];
        let mut keys = KeyActions::new("keys".to_owned());
        for value in all {
            keys = keys.then(KeyAction::Down { value });
        }
        for value in all {
            keys = keys.then(KeyAction::Up { value });
        }
        for value in [Key::Delete.into()].into_iter().chain(text.chars()) {
            keys = keys.then(KeyAction::Down { value });
            keys = keys.then(KeyAction::Up { value });
        }
        self.client.perform_actions(keys).await.unwrap();
        self.back_and_forth().await;
    }

    /// Shift and Tab lead back to what stood before, and Tab to here again.
    async fn back_and_forth(&self) {
        let mark = "window.mark = document.activeElement; return window.mark.tagName";
        self.client.execute(mark, vec![]).await.unwrap();
        let value = char::from(Key::Shift);
        let tab = char::from(Key::Tab);
        let back = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Down { value: tab })
            .then(KeyAction::Up { value: tab })
            .then(KeyAction::Up { value });
        self.client.perform_actions(back).await.unwrap();
        let away = "return document.activeElement !== window.mark \
            && document.activeElement !== document.body";
        let away = self.client.execute(away, vec![]).await.unwrap();
        assert_eq!(away, json!(true), "no way back on {}", self.here().await);
        self.key(Key::Tab).await;
        let same = "return document.activeElement === window.mark";
        let same = self.client.execute(same, vec![]).await.unwrap();
        assert_eq!(same, json!(true), "no way forth on {}", self.here().await);
    }

    /// Goes on by Tab until what `css` names has the focus.
    pub async fn reach(&self, css: &str) {
        for _ in 0..MOST {
            let found = self
                .client
                .execute(REACHED, vec![json!(css)])
                .await
                .unwrap();
            match found.as_str().unwrap_or_default() {
                "shown" => return,
                "hidden" => panic!("{css} on {} does not show its focus", self.here().await),
                _ => self.key(Key::Tab).await,
            }
        }
        panic!("no key leads to {css} on {}", self.here().await);
    }

    /// Follows a link, presses a button, opens a menu.
    pub async fn enter(&self, css: &str) {
        self.reach(css).await;
        self.key(Key::Enter).await;
    }

    /// Goes down a list until it stands at `value`.
    pub async fn choose_by_keys(&self, css: &str, value: &str) {
        self.reach(css).await;
        self.key(Key::Home).await;
        self.down_to(value, "return document.activeElement.value")
            .await;
    }

    /// Ticks a box, or goes through a group of choices.
    pub async fn tick_by_keys(&self, css: &str, value: &str) {
        self.reach(css).await;
        self.key(Key::Space).await;
        let group = "const it = document.activeElement; \
            return it.type === 'checkbox' ? (it.checked ? it.value : '') : it.value";
        self.down_to(value, group).await;
    }

    async fn down_to(&self, value: &str, script: &str) {
        for _ in 0..MOST {
            if self.client.execute(script, vec![]).await.unwrap() == json!(value) {
                return;
            }
            self.key(Key::Down).await;
        }
        panic!("no key leads to {value} on {}", self.here().await);
    }
}
